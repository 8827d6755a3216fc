//! Icons, from the Lucide set, as inline SVG.

use icondata_core::IconData;

/// The SVG of an icon, hidden from screen readers: its label always stands next to it.
fn svg(icon: &IconData) -> String {
    format!(
        "<svg class=\"icon\" viewBox=\"{}\" aria-hidden=\"true\">{}</svg>",
        icon.view_box.unwrap_or("0 0 24 24"),
        icon.data
    )
}

/// The brand, and API keys.
pub fn key() -> String {
    svg(icondata_lu::LuKeyRound)
}

pub fn overview() -> String {
    svg(icondata_lu::LuLayoutGrid)
}

/// A project's settings.
pub fn settings() -> String {
    svg(icondata_lu::LuSlidersHorizontal)
}

/// The audit log.
pub fn audit() -> String {
    svg(icondata_lu::LuScrollText)
}

/// Access reviews.
pub fn reviews() -> String {
    svg(icondata_lu::LuClipboardCheck)
}

/// A menu that opens.
pub fn chevron() -> String {
    svg(icondata_lu::LuChevronDown)
}

/// Something new.
pub fn plus() -> String {
    svg(icondata_lu::LuPlus)
}

/// Copy to the clipboard.
pub fn copy() -> String {
    svg(icondata_lu::LuCopy)
}

/// A project's catalogue of scopes.
pub fn scopes() -> String {
    svg(icondata_lu::LuTags)
}

/// How much keys are used.
pub fn usage() -> String {
    svg(icondata_lu::LuChartNoAxesColumn)
}

pub fn find() -> String {
    svg(icondata_lu::LuSearch)
}

/// A step that is done.
pub fn done() -> String {
    svg(icondata_lu::LuCircleCheck)
}

/// A step that is to be done.
pub fn open() -> String {
    svg(icondata_lu::LuCircle)
}

/// Who has which role on a project.
pub fn members() -> String {
    svg(icondata_lu::LuUserCheck)
}

pub fn people() -> String {
    svg(icondata_lu::LuUsers)
}

/// The documentation of the API.
pub fn docs() -> String {
    svg(icondata_lu::LuBookOpen)
}
