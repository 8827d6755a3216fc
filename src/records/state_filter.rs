//! Which states of keys to list.

use std::str::FromStr;

use super::KeyState;

/// The word for every key that works.
const WORKING: &str = "working";
/// The words for views that are no states.
const TRIED: &str = "tried";
const ORPHANED: &str = "orphaned";
const ATTENTION: &str = "attention";

/// Which states of keys to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFilter {
    /// Whatever can pass a verification: active, dormant and expiring keys.
    Working,
    /// Keys in this state.
    In(KeyState),
    /// Keys that ended and were presented since, within [`STILL_TRIED`](super::key::STILL_TRIED).
    Tried,
    /// Working keys whose owner was disabled or has no role in their project any more.
    Orphaned,
    /// Expiring, dormant, orphaned and still tried keys.
    Attention,
}

impl StateFilter {
    /// All of them, in the order in which pages offer them.
    pub fn all() -> impl Iterator<Item = StateFilter> {
        let states = KeyState::ALL.iter().copied().map(StateFilter::In);
        let views = [
            StateFilter::Tried,
            StateFilter::Orphaned,
            StateFilter::Attention,
        ];
        [StateFilter::Working]
            .into_iter()
            .chain(states)
            .chain(views)
    }

    /// The word in URLs and arguments.
    pub fn as_str(self) -> &'static str {
        match self {
            StateFilter::Working => WORKING,
            StateFilter::In(state) => state.as_str(),
            StateFilter::Tried => TRIED,
            StateFilter::Orphaned => ORPHANED,
            StateFilter::Attention => ATTENTION,
        }
    }

    /// The word on pages.
    pub fn title(self) -> &'static str {
        match self {
            StateFilter::Working => "Working",
            StateFilter::In(state) => state.title(),
            StateFilter::Tried => "Still tried",
            StateFilter::Orphaned => "Orphaned",
            StateFilter::Attention => "Needs attention",
        }
    }
}

impl FromStr for StateFilter {
    type Err = UnknownStateFilter;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            WORKING => Ok(StateFilter::Working),
            TRIED => Ok(StateFilter::Tried),
            ORPHANED => Ok(StateFilter::Orphaned),
            ATTENTION => Ok(StateFilter::Attention),
            state => state
                .parse()
                .map(StateFilter::In)
                .map_err(|_| UnknownStateFilter),
        }
    }
}

/// The text names no states.
#[derive(Debug, thiserror::Error)]
#[error(
    "a state is working, active, dormant, expiring, expired, revoked, tried, orphaned or attention"
)]
pub struct UnknownStateFilter;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_is_read_from_its_word() {
        assert_eq!(StateFilter::all().count(), 9);
        for filter in StateFilter::all() {
            assert_eq!(filter.as_str().parse::<StateFilter>().unwrap(), filter);
        }
        assert!("ended".parse::<StateFilter>().is_err());
    }
}
