//! nginx that asks Keyward, against nginx that has the keys in a map of its own.

use std::sync::Arc;

use crate::compare::{Side, compare};
use crate::load::{self, Load};
use crate::servers::Server;

/// The ratios of the first to the second, or why they could not be measured.
pub fn ratio(keyward: &Server, secrets: &[String], load: &Load) -> String {
    let upstream = Server::bare();
    let asking = format!(
        "upstream keyward {{ server {}; keepalive 64; }}
         server {{ listen LISTEN; location / {{ auth_request /_keyward; proxy_pass http://upstream; }}
           location = /_keyward {{ internal; proxy_pass http://keyward/verify;
             proxy_pass_request_body off; proxy_set_header Content-Length \"\"; }} }}",
        keyward.address
    );
    let keys: String = secrets
        .iter()
        .map(|secret| format!("{secret} 1;\n"))
        .collect();
    let mapping = format!(
        "map_hash_max_size 8192; map_hash_bucket_size 128;
         map $http_x_api_key $is_known {{ default 0; {keys} }}
         server {{ listen LISTEN; location / {{ if ($is_known = 0) {{ return 401; }}
           proxy_pass http://upstream; }} }}"
    );
    let common = format!(
        "proxy_http_version 1.1; proxy_set_header Connection \"\"; keepalive_requests 1000000;
         upstream upstream {{ server {}; keepalive 64; }}",
        upstream.address
    );
    let (Some(asking), Some(mapping)) = (
        Server::nginx(&format!("{common}{asking}")),
        Server::nginx(&format!("{common}{mapping}")),
    ) else {
        return "nginx is not installed".into();
    };
    let requests = Arc::new(
        secrets
            .iter()
            .map(|secret| load::request("/verify", secret))
            .collect(),
    );
    let asking = Side::new(&asking, &requests, "200");
    let mapping = Side::new(&mapping, &requests, "200");
    compare(&asking, &mapping, load).to_string()
}
