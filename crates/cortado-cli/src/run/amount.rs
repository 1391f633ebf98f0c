//! The amounts that options name: durations, sizes, numbers relative to the cores.

use std::str::FromStr;
use std::time::Duration;

/// A number of jobs at once, as `--jobs` names it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum JobLimit {
    /// `auto`: found by measuring.
    Auto,
    /// `0`: as many as `--max-jobs` allows.
    Unlimited,
    /// `N`.
    Fixed(usize),
    /// `N%` of the cores.
    Percent(f64),
    /// `+N`: so many more than there are cores.
    More(usize),
    /// `-N`: so many fewer than there are cores.
    Fewer(usize),
}

/// A number of running processes, as `--load` names it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LoadLimit {
    /// `N`.
    Processes(f64),
    /// `N%` of the cores.
    Percent(f64),
}

impl JobLimit {
    /// The number for a machine with this many usable cores: at least 1 and at most `max`; none
    /// for `auto`.
    pub(crate) fn resolve(self, cores: usize, max: usize) -> Option<usize> {
        let number = match self {
            JobLimit::Auto => return None,
            JobLimit::Unlimited => max,
            JobLimit::Fixed(number) => return Some(number),
            JobLimit::Percent(percent) => (cores as f64 * percent / 100.0) as usize,
            JobLimit::More(number) => cores.saturating_add(number),
            JobLimit::Fewer(number) => cores.saturating_sub(number),
        };
        Some(number.clamp(1, max.max(1)))
    }
}

impl LoadLimit {
    /// The number of processes for a machine with this many usable cores.
    pub(crate) fn resolve(self, cores: usize) -> f64 {
        match self {
            LoadLimit::Processes(number) => number,
            LoadLimit::Percent(percent) => cores as f64 * percent / 100.0,
        }
    }
}

impl FromStr for JobLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<JobLimit, String> {
        let wrong =
            || format!("`{text}` is no number of jobs; write auto, N, N%, +N or -N, such as 8");
        let number = |digits: &str| digits.parse::<usize>().map_err(|_| wrong());
        match text {
            "auto" => Ok(JobLimit::Auto),
            "0" => Ok(JobLimit::Unlimited),
            _ if text.ends_with('%') => Ok(JobLimit::Percent(percent(text).ok_or_else(wrong)?)),
            _ => match (text.strip_prefix('+'), text.strip_prefix('-')) {
                (Some(digits), _) => Ok(JobLimit::More(number(digits)?)),
                (_, Some(digits)) => Ok(JobLimit::Fewer(number(digits)?)),
                _ => Ok(JobLimit::Fixed(number(text)?)),
            },
        }
    }
}

impl FromStr for LoadLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<LoadLimit, String> {
        let limit = match text.strip_suffix('%') {
            Some(_) => percent(text).map(LoadLimit::Percent),
            None => positive(text).map(LoadLimit::Processes),
        };
        limit.ok_or_else(|| format!("`{text}` is no load; write a number of processes or N%"))
    }
}

/// `80%` as 80.
fn percent(text: &str) -> Option<f64> {
    positive(text.strip_suffix('%')?)
}

/// A positive number that is not infinite.
fn positive(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0)
}

/// A duration: seconds, or numbers with units, as `90`, `1.5`, `1m30s`, `2h`, `250ms`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong =
        || format!("`{text}` is no duration; write seconds or units ms, s, m, h, d, such as 1m30s");
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| wrong());
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit_end = rest[digits..].find(|c: char| !c.is_ascii_alphabetic());
        let (unit, after) = rest[digits..].split_at(unit_end.unwrap_or(rest.len() - digits));
        seconds += number
            * match unit {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3_600.0,
                "d" => 86_400.0,
                _ => return Err(wrong()),
            };
        rest = after;
    }
    if text.is_empty() {
        return Err(wrong());
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// A size in bytes: a number, with K, M, G, T for powers of 1,024 and k, m, g, t for powers of
/// 1,000, as in GNU parallel.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let wrong =
        || format!("`{text}` is no size; write bytes, or a number with K, M, G or T, such as 64M");
    let (number, factor) = match text.char_indices().next_back() {
        Some((end, unit)) if unit.is_ascii_alphabetic() => {
            let power = "kmgt".find(unit.to_ascii_lowercase()).ok_or_else(wrong)? as i32 + 1;
            let base = if unit.is_ascii_uppercase() { 1024.0_f64 } else { 1000.0 };
            (&text[..end], base.powi(power))
        }
        _ => (text, 1.0),
    };
    let bytes = positive(number).ok_or_else(wrong)? * factor;
    if bytes < 1.0 || bytes >= u64::MAX as f64 {
        return Err(wrong());
    }
    Ok(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds_or_have_units() {
        let ms = |text| duration(text).map(|duration| duration.as_millis());
        assert_eq!(ms("90"), Ok(90_000));
        assert_eq!(ms("0"), Ok(0));
        assert_eq!(ms("1.5"), Ok(1_500));
        assert_eq!(ms("1m30s"), Ok(90_000));
        assert_eq!(ms("1d3.5h16.6m4s"), Ok(100_000_000));
        assert_eq!(ms("250ms"), Ok(250));
        for text in ["", "x", "1x", "-1", "s", "1m30", "inf", "NaN", "1e300"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_have_binary_and_decimal_units() {
        assert_eq!(size("1M"), Ok(1 << 20));
        assert_eq!(size("1m"), Ok(1_000_000));
        assert_eq!(size("1.5K"), Ok(1536));
        assert_eq!(size("10"), Ok(10));
        for text in ["", "M", "1x", "0", "-1", "1KB", "99999999999T", "\u{e9}"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_of_jobs_follow_the_cores() {
        let resolve = |text: &str| text.parse::<JobLimit>().unwrap().resolve(4, 512);
        assert_eq!(resolve("auto"), None);
        assert_eq!(resolve("8"), Some(8));
        assert_eq!(resolve("1000"), Some(1000));
        assert_eq!(resolve("50%"), Some(2));
        assert_eq!(resolve("1%"), Some(1));
        assert_eq!(resolve("+2"), Some(6));
        assert_eq!(resolve("-9"), Some(1));
        assert_eq!(resolve("0"), Some(512));
        assert!("many".parse::<JobLimit>().is_err() && "%".parse::<JobLimit>().is_err());
        assert_eq!("150%".parse::<LoadLimit>().unwrap().resolve(4), 6.0);
        assert_eq!("1.5".parse::<LoadLimit>().unwrap().resolve(4), 1.5);
        assert!("0".parse::<LoadLimit>().is_err());
    }
}
