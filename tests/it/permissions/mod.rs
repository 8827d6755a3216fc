//! Every route as every role, on their own and on a foreign project.

mod api;
mod buttons;
mod head;
mod pages;
mod routes;
mod tokens;

pub use routes::{api_routes, page_routes};

// What each of the five roles gets, in the order of `Role::ALL`.
const EVERYONE: [u16; 5] = [200; 5];
const MINTERS: [u16; 5] = [200, 200, 403, 403, 403];
const OWNERS: [u16; 5] = [200, 403, 403, 403, 403];
const NO_SUCH_PERSON: [u16; 5] = [404, 403, 403, 403, 403];
