//! A Postgres server that a test may stop.

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use diesel::connection::SimpleConnection;
use keyward::db::connection::DatabaseUrl;

/// A server of its own on a free loopback port, deleted with the test.
pub struct OwnPostgres {
    pub url: String,
    port: u16,
    programs: PathBuf,
    folder: tempfile::TempDir,
}

impl OwnPostgres {
    /// Makes a cluster and starts it. Postgres refuses to run as root, so as root it runs as
    /// the user `postgres`, which Debian's package makes.
    pub fn start() -> Self {
        let mut server = Self::without_data();
        let data = server.data();
        server.run(
            "initdb",
            &format!("-D {data} -U postgres -A trust --no-sync"),
        );
        server.start_again();
        server
    }

    /// Adds lines to the server's configuration, for its next start.
    pub fn configure(&self, lines: &str) {
        let file = self.folder.path().join("data/postgresql.conf");
        let mut file = std::fs::OpenOptions::new().append(true).open(file).unwrap();
        writeln!(file, "{lines}").unwrap();
    }

    /// Makes a certificate for `localhost` and lets the server encrypt with it from its next start.
    /// Returns the file of the authority that signed it, which is the certificate itself.
    pub fn encrypt(&self) -> PathBuf {
        let data = PathBuf::from(self.data());
        let (key, certificate) = (data.join("server.key"), data.join("server.crt"));
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args([
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
            ])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output();
        assert!(made.unwrap().status.success());
        let copy = self.folder.path().join("ca.pem");
        std::fs::copy(&certificate, &copy).unwrap();
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(&key).status();
            assert!(owned.unwrap().success());
        }
        self.configure("ssl = on");
        copy
    }

    /// Runs SQL as the superuser, in the database of this name.
    pub fn sql(&self, database: &str, sql: &str) {
        let url = self.url_of("postgres", database);
        let mut conn = DatabaseUrl::parse(&url).unwrap().open().unwrap();
        conn.batch_execute(sql).unwrap();
    }

    /// The URL for a role and a database.
    pub fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@{}/{database}", self.host())
    }

    /// A standby that follows this server without making it wait.
    pub fn standby(&self) -> Self {
        let mut standby = Self::without_data();
        let (data, port) = (standby.data(), self.port);
        let from = format!("-h 127.0.0.1 -p {port} -U postgres -X stream -c fast");
        standby.run("pg_basebackup", &format!("-D {data} -R --no-sync {from}"));
        standby.start_again();
        standby
    }

    /// Makes the server of a standby.
    pub fn promote(&self) {
        let data = self.data();
        self.run("pg_ctl", &format!("promote -D {data} -w"));
    }

    /// Kills every process of the server.
    pub fn kill(&self) {
        self.signal("KILL");
    }

    /// The address of this server, for a URL that names several.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A server on a free port, whose cluster is yet to be made.
    fn without_data() -> Self {
        let programs = Command::new("pg_config").arg("--bindir").output();
        let programs = programs.expect("postgresql is installed; tests/run does so");
        let mut programs = PathBuf::from(String::from_utf8(programs.stdout).unwrap().trim());
        if !programs.join("initdb").exists() {
            // Debian's pg_config belongs to the client; the servers have folders of their own.
            let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
                .expect("postgresql is installed; tests/run does so")
                .map(|entry| entry.unwrap().path().join("bin"))
                .filter(|programs| programs.join("initdb").exists())
                .collect();
            found.sort();
            programs = found.pop().expect("a server of Postgres");
        }
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let server = OwnPostgres {
            url,
            port,
            programs,
            folder,
        };
        if is_root() {
            let owned = Command::new("chown")
                .arg("postgres")
                .arg(server.folder.path())
                .status();
            assert!(owned.unwrap().success());
        }
        server
    }

    pub fn stop(&mut self) {
        let data = self.data();
        self.run("pg_ctl", &format!("stop -D {data} -m fast -w"));
    }

    /// Stops every process of the server where it is, as a paused machine would.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets them continue.
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let pid = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid"));
        let pid = pid.unwrap().lines().next().unwrap().to_owned();
        let children = Command::new("pgrep").args(["-P", &pid]).output().unwrap();
        let children = String::from_utf8(children.stdout).unwrap();
        let all = std::iter::once(pid.as_str()).chain(children.lines());
        // One may have ended meanwhile.
        drop(
            Command::new("kill")
                .args(["-s", name])
                .args(all)
                .output()
                .unwrap(),
        );
    }

    pub fn start_again(&mut self) {
        let (data, folder, port) = (self.data(), self.folder.path().display(), self.port);
        let options = format!("-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off");
        let log = format!("{folder}/log");
        self.run(
            "pg_ctl",
            &format!("start -D {data} -l {log} -w -o '{options}'"),
        );
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &str) {
        let line = format!("{} {arguments}", self.programs.join(program).display());
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("su");
                command.args(["postgres", "-s", "/bin/sh", "-c", &line]);
                command
            }
            false => {
                let mut command = Command::new("sh");
                command.args(["-c", &line]);
                command
            }
        };
        // The server inherits what it is started with, and must not hold this test's pipes.
        let status = command
            .current_dir("/")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{line}");
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        let data = self.data();
        let line = format!(
            "{} stop -D {data} -m immediate",
            self.programs.join("pg_ctl").display()
        );
        let arguments = match is_root() {
            true => vec![
                "su".to_owned(),
                "postgres".into(),
                "-s".into(),
                "/bin/sh".into(),
            ],
            false => vec!["sh".to_owned()],
        };
        drop(
            Command::new(&arguments[0])
                .args(&arguments[1..])
                .args(["-c", &line])
                .output(),
        );
    }
}

/// Whether the tests run as root.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}
