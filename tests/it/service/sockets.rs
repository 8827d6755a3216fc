//! Unix sockets: beside TCP, with their file's permissions, trusted to name the client.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use crate::app::{TestDatabase, eventually};
use crate::cli::told;
use crate::program::{Program, run};

fn ask(socket: &Path, lines: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    let request = format!("GET /verify HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer[9..12].to_owned()
}

#[test]
fn a_socket_is_served_beside_tcp_and_may_name_the_client() {
    let database = TestDatabase::new();
    let socket = database.folder().join("keyward.sock");
    // Left behind by a process that was killed.
    drop(UnixListener::bind(&socket).unwrap());
    let address = format!("unix:{}", socket.display());
    let mut program = Program::serve_after(
        &database,
        "export KEYWARD_SOCKET_MODE=0600",
        &["--listen", &address],
    );
    let owner = program.owner(&database);
    let (_, secret) = owner.new_key(&[("allowed_ips", "203.0.113.0/24")]);
    let found = fs::symlink_metadata(&socket).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);

    let key = format!("X-API-Key: {secret}\r\n");
    let forwarded = |address: &str| ask(&socket, &format!("{key}X-Forwarded-For: {address}\r\n"));
    assert_eq!(forwarded("203.0.113.7"), "200");
    assert_eq!(forwarded("198.51.100.7, 203.0.113.7"), "200");
    assert_eq!(forwarded("203.0.113.7, 198.51.100.7"), "403");
    assert_eq!(
        ask(&socket, &key),
        "403",
        "nobody knows where it comes from"
    );
    assert_eq!(owner.verify(&secret).0, 403, "TCP has its own address");

    let other = ["serve", "--listen", &address];
    let (code, text) = told(&run(database.folder(), &other));
    assert_eq!((code, text.trim().lines().count()), (1, 1), "{text}");
    assert!(text.contains("another process listens there"), "{text}");

    program.signal("TERM");
    assert!(program.child.wait().unwrap().success());
    assert!(!socket.exists());
}

#[test]
fn what_is_no_socket_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyward.sock");
    fs::write(&path, "precious").unwrap();
    let address = format!("unix:{}", path.display());
    let (code, text) = told(&run(folder.path(), &["serve", "--listen", &address]));
    assert_eq!(code, 1);
    assert!(text.contains("not a socket"), "{text}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no database either"
    );
}

#[test]
fn a_newer_process_on_the_same_path_keeps_its_socket() {
    let database = TestDatabase::with_owner();
    let socket = database.folder().join("keyward.sock");
    let address = format!("unix:{}", socket.display());
    let mut first = Program::serve_after(&database, ":", &["--listen", &address]);
    fs::remove_file(&socket).unwrap();
    let _second = Program::serve_after(&database, ":", &["--listen", &address]);
    first.signal("TERM");
    let ended = first.child.wait().unwrap();
    assert!(ended.success(), "{ended:?}");
    eventually(|| (ask(&socket, "") == "401").then_some(()));
}
