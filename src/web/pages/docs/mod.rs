//! `/docs`: the API, rendered from its OpenAPI document.

mod document;
mod sample;
pub mod show;
