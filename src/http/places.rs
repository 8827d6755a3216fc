//! Places: how many may be in at once, and how many of them from one client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;

use super::client::network;

/// Counts who is in. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    all: usize,
    of_clients: usize,
    of_one_client: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_client: HashMap<IpNet, usize>,
}

/// A place, free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    client: Option<IpNet>,
}

impl Places {
    /// Room for `all`, of which clients may take all but `kept`, and one client `of_one_client`: one
    /// address, or for IPv6 one /64.
    pub fn new(all: usize, kept: usize, of_one_client: usize) -> Self {
        Places(Arc::new(Inner {
            all,
            of_clients: all.saturating_sub(kept),
            of_one_client,
            taken: Mutex::default(),
        }))
    }

    /// A place for a client at this address; `None` if there is none. Who has no address is no client
    /// but a gateway, for which places are kept.
    pub fn take(&self, client: Option<IpAddr>) -> Option<Place> {
        let client = client.map(network);
        let mut taken = self.taken();
        let limit = match client {
            Some(_) => self.0.of_clients,
            None => self.0.all,
        };
        if taken.all >= limit {
            return None;
        }
        if let Some(client) = client {
            let of_client = taken.by_client.entry(client).or_default();
            if *of_client >= self.0.of_one_client {
                return None;
            }
            *of_client += 1;
        }
        taken.all += 1;
        drop(taken);
        let places = self.clone();
        Some(Place { places, client })
    }

    /// How many are in.
    pub fn in_use(&self) -> usize {
        self.taken().all
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        let Some(client) = self.client else { return };
        if let Some(of_client) = taken.by_client.get_mut(&client) {
            *of_client -= 1;
            if *of_client == 0 {
                taken.by_client.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_can_not_take_every_place() {
        let places = Places::new(4, 1, 2);
        let client = |text: &str| Some(text.parse().unwrap());
        let own = [
            places.take(client("192.0.2.1")),
            places.take(client("192.0.2.1")),
        ];
        assert!(own.iter().all(Option::is_some));
        assert!(places.take(client("192.0.2.1")).is_none());
        let other = places.take(client("2001:db8::1"));
        assert!(other.is_some());
        assert!(
            places.take(client("192.0.2.2")).is_none(),
            "full for clients"
        );
        let gateway = places.take(None);
        assert!(gateway.is_some(), "the place that was kept");
        assert!(places.take(None).is_none(), "full");
        drop((own, gateway));
        assert!(places.take(client("2001:db8::2")).is_some(), "the same /64");
        drop(other);
        assert_eq!(places.taken().all, 0);
        assert!(places.taken().by_client.is_empty());
    }
}
