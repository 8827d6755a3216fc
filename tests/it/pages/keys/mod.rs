mod edit;
mod list;
mod new;
mod one;
mod replacement;
mod reveal;
mod revocation;
mod rotation;
