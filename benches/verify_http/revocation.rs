//! What it costs to acknowledge a revocation only when no instance can accept the key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keyward::access::Actor;
use keyward::clock::Clock;
use keyward::db::connection::DatabaseUrl;
use keyward::db::instances::Memory;
use keyward::db::{Pool, projects};
use keyward::domain::Op;
use keyward::domain::keys::{self, RevokeRequest};
use keyward::records::Project;
use keyward::verify::{Follower, Known};

use crate::seed;

const REVOCATIONS: i64 = 300;

/// The median time with an instance that answers from memory, over that with none.
pub fn ratio() -> String {
    let (bare, settled) = (revocations(false), revocations(true));
    let ratio = settled.as_secs_f64() / bare.as_secs_f64();
    format!("{ratio:.2} ({settled:.1?} against {bare:.1?})")
}

fn revocations(with_instance: bool) -> Duration {
    let folder = seed::copy(&seed::database(1_000).0);
    let url = DatabaseUrl::Sqlite(folder.path().join("keyward.db").display().to_string());
    let known = Arc::new(Known::default());
    let follower =
        with_instance.then(|| Follower::start(url.clone(), Arc::clone(&known), Clock::default()));
    while with_instance && !known.is_certain() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let memory = with_instance.then(|| Arc::clone(&known) as Arc<dyn Memory>);
    let pool = Pool::new(url, 1, memory);
    let mut conn = pool.get().expect("an own database");
    let project: Project = projects::by_slug(&mut conn, "default")
        .expect("a schema")
        .expect("is there");
    let request = RevokeRequest {
        reason: "unused".into(),
        note: String::new(),
    };
    let mut took: Vec<Duration> = (1..=REVOCATIONS)
        .map(|id| {
            let (actor, now) = (Actor::command_line(), Clock::default().now());
            let started = Instant::now();
            let mut op = Op::new(&mut conn, &actor, now);
            keys::revoke(&mut op, &project, id, &request).expect("a living key");
            started.elapsed()
        })
        .collect();
    took.sort_unstable();
    if let Some(follower) = follower {
        follower.stop();
    }
    took[took.len() / 2]
}
