//! nginx that asks Keyward, against nginx that doesn't.

use std::sync::Arc;

use crate::compare::{Side, compare};
use crate::load::{self, Load};
use crate::servers::Server;

/// Who checks the keys.
#[derive(Clone, Copy)]
pub enum Check<'a> {
    /// Keyward, at this address in the syntax of nginx.
    Keyward(&'a str),
    /// nginx, by a map of all keys.
    Map,
    /// Nobody.
    None,
}

/// The ratios of nginx with one check to nginx with the other, or why they could not be measured.
pub fn ratio(one: Check, other: Check, secrets: &[String], load: &Load) -> String {
    let upstream = Server::bare();
    let server = |check| Server::nginx(&lines(check, secrets, &upstream));
    let (Some(one), Some(other)) = (server(one), server(other)) else {
        return "nginx is not installed".into();
    };
    let requests = secrets
        .iter()
        .map(|secret| load::request("/verify", secret));
    let requests = Arc::new(requests.collect());
    let side = |server| Side::new(server, &requests, "200");
    compare(&side(&one), &side(&other), load).to_string()
}

/// What stands in nginx's `http` block.
fn lines(check: Check, secrets: &[String], upstream: &Server) -> String {
    let (outside, inside) = match check {
        Check::Keyward(address) => (
            format!("upstream keyward {{ server {address}; keepalive 64; }}"),
            "location / { auth_request /_keyward; proxy_pass http://upstream; }
             location = /_keyward { internal; proxy_pass http://keyward/verify;
               proxy_pass_request_body off; proxy_set_header Content-Length \"\";
               proxy_set_header Connection \"\"; }",
        ),
        Check::Map => {
            let keys = secrets.iter().map(|secret| format!("{secret} 1;\n"));
            let keys: String = keys.collect();
            let map = format!(
                "map_hash_max_size 8192; map_hash_bucket_size 128;
                 map $http_x_api_key $is_known {{ default 0; {keys} }}"
            );
            let location = "location / { if ($is_known = 0) { return 401; }
                              proxy_pass http://upstream; }";
            (map, location)
        }
        Check::None => (String::new(), "location / { proxy_pass http://upstream; }"),
    };
    format!(
        "proxy_http_version 1.1; proxy_set_header Connection \"\"; keepalive_requests 1000000;
         upstream upstream {{ server {}; keepalive 64; }}
         {outside} server {{ listen LISTEN; {inside} }}",
        upstream.address
    )
}
