//! Which states of keys to list.

use std::str::FromStr;

use super::KeyState;

/// The word for every key that works.
const WORKING: &str = "working";

/// Which states of keys to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFilter {
    /// Whatever can pass a verification: active, dormant and expiring keys.
    Working,
    /// Keys in this state; the dormant ones are active too.
    In(KeyState),
}

impl StateFilter {
    /// All of them, in the order in which pages offer them.
    pub fn all() -> impl Iterator<Item = StateFilter> {
        let states = KeyState::ALL.iter().copied().map(StateFilter::In);
        [StateFilter::Working].into_iter().chain(states)
    }

    /// The word in URLs and arguments.
    pub fn as_str(self) -> &'static str {
        match self {
            StateFilter::Working => WORKING,
            StateFilter::In(state) => state.as_str(),
        }
    }

    /// The word on pages.
    pub fn title(self) -> &'static str {
        match self {
            StateFilter::Working => "Working",
            StateFilter::In(state) => state.title(),
        }
    }
}

impl FromStr for StateFilter {
    type Err = UnknownStateFilter;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            WORKING => Ok(StateFilter::Working),
            state => state
                .parse()
                .map(StateFilter::In)
                .map_err(|_| UnknownStateFilter),
        }
    }
}

/// The text names no states.
#[derive(Debug, thiserror::Error)]
#[error("a state is working, active, dormant, expiring, expired or revoked")]
pub struct UnknownStateFilter;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_is_read_from_its_word() {
        assert_eq!(StateFilter::all().count(), 6);
        for filter in StateFilter::all() {
            assert_eq!(filter.as_str().parse::<StateFilter>().unwrap(), filter);
        }
        assert!("ended".parse::<StateFilter>().is_err());
    }
}
