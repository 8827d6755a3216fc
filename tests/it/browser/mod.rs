//! The console in a real browser: Chromium, driven by WebDriver, with axe-core on every page.

mod audit;
mod chromium;
mod console;
mod demo;
mod first_key;
mod full_list;
mod kept;
mod management;
mod picker;
mod reviews;
mod search;
mod times;
