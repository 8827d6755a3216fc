//! Where an instance listens.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// Address and port; port 0 picks a free port.
    Tcp(SocketAddr),
    /// The path of a unix socket.
    Unix(PathBuf),
}

/// The text is neither `ADDRESS:PORT` nor `unix:PATH`.
#[derive(Debug)]
pub struct NoListenAddress;

impl FromStr for ListenAddress {
    type Err = NoListenAddress;

    fn from_str(text: &str) -> Result<Self, NoListenAddress> {
        match text.strip_prefix("unix:") {
            Some("") => Err(NoListenAddress),
            Some(path) => Ok(ListenAddress::Unix(path.into())),
            None => Ok(ListenAddress::Tcp(
                text.parse().map_err(|_| NoListenAddress)?,
            )),
        }
    }
}

/// As a URL for TCP, as it is written in settings for a unix socket.
impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddress::Tcp(address) => write!(f, "http://{address}"),
            ListenAddress::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Who may connect to unix sockets.
#[derive(Clone, Debug)]
pub struct SocketAccess {
    /// The permissions of the file.
    pub mode: u32,
    /// The group of the file, by name or number; `None` is that of the process.
    pub group: Option<String>,
}
