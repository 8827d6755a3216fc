//! A PgBouncer in front of a Postgres.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use super::own_postgres::{OwnPostgres, is_root};
use crate::app::eventually;

/// A pooler on a free loopback port, stopped with the test.
pub struct PgBouncer {
    pub url: String,
    child: Child,
    _folder: tempfile::TempDir,
}

impl PgBouncer {
    /// In front of `server`, with this `pool_mode` and so many connections to the server.
    pub fn start(server: &OwnPostgres, mode: &str, connections: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let (users, file) = (folder.path().join("users"), folder.path().join("ini"));
        std::fs::write(&users, "\"postgres\" \"\"\n").unwrap();
        let (host, server_port) = server.host().split_once(':').map_or_else(
            || panic!("an address and a port"),
            |(host, port)| (host.to_owned(), port.to_owned()),
        );
        // It refuses to run as root.
        let user = if is_root() { "user = nobody\n" } else { "" };
        let settings = format!(
            "[databases]\n* = host={host} port={server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {users}\n\
             pool_mode = {mode}\ndefault_pool_size = {connections}\n\
             ignore_startup_parameters = extra_float_digits\n{user}",
            users = users.display()
        );
        std::fs::write(&file, settings).unwrap();
        for path in [folder.path(), &users, &file] {
            let mut mode = std::fs::metadata(path).unwrap().permissions();
            std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
            std::fs::set_permissions(path, mode).unwrap();
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let child = Command::new("pgbouncer")
            .arg(&file)
            .env("PATH", format!("{path}:/usr/sbin"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pgbouncer is installed; tests/run does so");
        eventually(|| TcpStream::connect(("127.0.0.1", port)).ok());
        PgBouncer {
            url: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
            child,
            _folder: folder,
        }
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
