//! Sockets that wait for connections.

use std::fs::{self, Permissions};
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use actix_server::ServerBuilder;
use actix_service::{ServiceFactory, ServiceFactoryExt as _, fn_service};
use nix::unistd::Group;
use rustix::io::Errno;
use tokio::net::{TcpStream, UnixStream};

use super::stream::Stream;
use crate::config::{ListenAddress, SocketAccess};

/// How many connections may wait to be accepted. The system may allow fewer.
const BACKLOG: i32 = 4_096;

/// Why an address can't be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The operating system refuses, for instance because the port is in use.
    #[error("{0}")]
    System(#[from] io::Error),
    /// Another process answers on this socket.
    #[error("another process listens there")]
    Taken,
    /// A file with this name exists, and it is not a socket.
    #[error("there is a file of this name that is not a socket")]
    NotASocket,
    /// There is no group with this name.
    #[error("there is no group {0}")]
    NoGroup(String),
}

/// A socket that waits for connections.
pub enum Listener {
    /// Over TCP.
    Tcp(TcpListener),
    /// On a unix socket.
    Unix(UnixListener, SocketFile),
}

impl Listener {
    /// Listens on `address`. A unix socket that nobody answers on is replaced.
    ///
    /// # Errors
    /// The address can't be used.
    pub fn bind(address: &ListenAddress, access: &SocketAccess) -> Result<Self, ListenError> {
        match address {
            ListenAddress::Tcp(address) => {
                let listener = TcpListener::bind(address)?;
                rustix::net::listen(&listener, BACKLOG).map_err(io::Error::from)?;
                Ok(Listener::Tcp(listener))
            }
            ListenAddress::Unix(path) => bind_unix(path, access),
        }
    }

    /// The address it listens on, with the actual port.
    ///
    /// # Errors
    /// The operating system does not say.
    pub fn address(&self) -> io::Result<ListenAddress> {
        match self {
            Listener::Tcp(listener) => Ok(ListenAddress::Tcp(listener.local_addr()?)),
            Listener::Unix(_, file) => Ok(ListenAddress::Unix(file.path.clone())),
        }
    }

    /// Adds it to a server. `serve` makes what serves its connections.
    pub(super) fn serve_with<S, F>(
        self,
        server: ServerBuilder,
        serve: F,
    ) -> io::Result<(ServerBuilder, Option<SocketFile>)>
    where
        F: Fn() -> S + Clone + Send + 'static,
        S: ServiceFactory<Stream, Config = (), Response = (), Error = (), InitError = ()> + 'static,
    {
        match self {
            Listener::Tcp(listener) => {
                let name = listener.local_addr()?.to_string();
                let serve = move || {
                    let accept = |stream: TcpStream| async {
                        stream.set_nodelay(true).ok();
                        Ok(Stream::Tcp(stream))
                    };
                    fn_service(accept).and_then(serve())
                };
                Ok((server.listen(name, listener, serve)?, None))
            }
            Listener::Unix(listener, file) => {
                let serve = move || {
                    let accept = |stream: UnixStream| async { Ok(Stream::Unix(stream)) };
                    fn_service(accept).and_then(serve())
                };
                let server = server.listen_uds(file.path.display().to_string(), listener, serve)?;
                Ok((server, Some(file)))
            }
        }
    }
}

/// Binds under another name first, so that nobody finds the socket before it has its mode and
/// group, and clients of an old one find either that or the new one.
fn bind_unix(path: &Path, access: &SocketAccess) -> Result<Listener, ListenError> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => return Err(ListenError::NotASocket),
        Ok(_) if is_answered(path)? => return Err(ListenError::Taken),
        _ => {}
    }
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(format!(".{}", std::process::id()));
    let fresh = PathBuf::from(fresh);
    let made = UnixListener::bind(&fresh)?;
    let prepare = || -> Result<SocketFile, ListenError> {
        rustix::net::listen(&made, BACKLOG).map_err(io::Error::from)?;
        if let Some(group) = &access.group {
            chown(&fresh, None, Some(group_id(group)?))?;
        }
        fs::set_permissions(&fresh, Permissions::from_mode(access.mode))?;
        fs::rename(&fresh, path)?;
        let found = fs::symlink_metadata(path)?;
        Ok(SocketFile {
            path: path.to_owned(),
            inode: (found.dev(), found.ino()),
        })
    };
    match prepare() {
        Ok(file) => Ok(Listener::Unix(made, file)),
        Err(error) => {
            fs::remove_file(&fresh).ok();
            Err(error)
        }
    }
}

/// Whether a process accepts connections on this socket, or would if it had time.
fn is_answered(path: &Path) -> io::Result<bool> {
    use rustix::net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with,
    };
    let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
    let probe = socket_with(family, kind, SocketFlags::NONBLOCK, None)?;
    match connect(&probe, &SocketAddrUnix::new(path)?) {
        Err(Errno::CONNREFUSED | Errno::NOENT) => Ok(false),
        Ok(()) | Err(Errno::AGAIN) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn group_id(group: &str) -> Result<u32, ListenError> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    let unknown = || ListenError::NoGroup(group.to_owned());
    let found = Group::from_name(group).map_err(io::Error::from)?;
    Ok(found.ok_or_else(unknown)?.gid.as_raw())
}

/// The file of a unix socket, removed when this is dropped.
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode, by which the file is told from one that replaced it.
    inode: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path);
        if found.is_ok_and(|found| (found.dev(), found.ino()) == self.inode) {
            fs::remove_file(&self.path).ok();
        }
    }
}
