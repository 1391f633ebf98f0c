//! The combinations of several sources, in GNU parallel's order: the last one changes fastest.
//! The first source is streamed and never kept. Any other is read while it is gone through for
//! the first time and kept from then on, because it is needed once for each value before it.

use std::ffi::OsString;
use std::io;

use super::lines::Lines;
use super::spec::{Source, SourceError, SourceSpec};

/// The inputs of one combination.
pub(super) type Row = Vec<OsString>;

/// A stream of all combinations.
pub(super) struct Combinations {
    first: Stream,
    others: Vec<Kept>,
    /// The row of the first source and the rows of the others that make the current combination;
    /// empty before the first one.
    current: Vec<Row>,
    total: Option<u64>,
}

impl Combinations {
    /// Opens all sources.
    pub(super) fn open(spec: SourceSpec) -> Result<Combinations, SourceError> {
        if spec.stdin_readers() > 1 {
            return Err(SourceError::StdinTwice);
        }
        let total = total(&spec.groups);
        let mut streams = Vec::with_capacity(spec.groups.len());
        for group in spec.groups {
            streams.push(Stream::open(group, spec.delimiter)?);
        }
        let mut streams = streams.into_iter();
        let first = streams.next().unwrap_or_default();
        let others = streams.map(Kept::new).collect();
        Ok(Combinations { first, others, current: Vec::new(), total })
    }

    /// How many combinations there are, if no file has to be read to know.
    pub(super) fn total(&self) -> Option<u64> {
        self.total
    }

    /// The next combination.
    pub(super) fn next_row(&mut self) -> io::Result<Option<Row>> {
        let complete =
            if self.current.is_empty() { self.start()? } else { self.advance(self.others.len())? };
        Ok(complete.then(|| self.current.concat()))
    }

    /// Makes the very first combination.
    fn start(&mut self) -> io::Result<bool> {
        let Some(row) = self.first.next_row()? else { return Ok(false) };
        let mut rows = vec![row];
        for other in &mut self.others {
            // One source without a value leaves nothing to combine.
            let Some(row) = other.next_row()? else { return Ok(false) };
            rows.push(row);
        }
        self.current = rows;
        Ok(true)
    }

    /// Moves the source at `index` on, counted with the first one as 0, and those before it when
    /// it is at its end.
    fn advance(&mut self, index: usize) -> io::Result<bool> {
        let mut index = index;
        loop {
            let next = match index.checked_sub(1) {
                None => self.first.next_row()?,
                Some(other) => self.others[other].next_row()?,
            };
            if let Some(row) = next {
                self.current[index] = row;
                break;
            }
            if index == 0 {
                return Ok(false);
            }
            index -= 1;
        }
        for later in index + 1..self.current.len() {
            let other = &mut self.others[later - 1];
            other.restart();
            let Some(row) = other.next_row()? else { return Ok(false) };
            self.current[later] = row;
        }
        Ok(true)
    }
}

/// The number of combinations of lists, if all sources are lists.
fn total(groups: &[Vec<Source>]) -> Option<u64> {
    groups.iter().try_fold(1u64, |product, group| {
        let lengths = group.iter().map(|source| match source {
            Source::Values(values) => Some(values.len() as u64),
            Source::File(_) | Source::Stdin => None,
        });
        let shortest = lengths.collect::<Option<Vec<u64>>>()?.into_iter().min().unwrap_or(0);
        product.checked_mul(shortest)
    })
}

/// A group of linked sources, gone through once. Its rows end with the shortest source.
#[derive(Default)]
struct Stream {
    columns: Vec<Column>,
}

/// A source that is open.
enum Column {
    Values(std::vec::IntoIter<OsString>),
    Lines(Lines),
}

impl Stream {
    fn open(group: Vec<Source>, delimiter: u8) -> Result<Stream, SourceError> {
        let mut columns = Vec::with_capacity(group.len());
        for source in group {
            columns.push(match source {
                Source::Values(values) => Column::Values(values.into_iter()),
                Source::Stdin => Column::Lines(Lines::stdin(delimiter)),
                Source::File(path) => Column::Lines(
                    Lines::open(&path, delimiter)
                        .map_err(|error| SourceError::Open(path, error))?,
                ),
            });
        }
        Ok(Stream { columns })
    }

    fn next_row(&mut self) -> io::Result<Option<Row>> {
        if self.columns.is_empty() {
            return Ok(None);
        }
        let mut row = Row::with_capacity(self.columns.len());
        for column in &mut self.columns {
            let value = match column {
                Column::Values(values) => values.next(),
                Column::Lines(lines) => lines.next_line()?,
            };
            match value {
                Some(value) => row.push(value),
                None => return Ok(None),
            }
        }
        Ok(Some(row))
    }
}

/// A group of linked sources that can be gone through again.
struct Kept {
    /// What has not been read yet.
    stream: Option<Stream>,
    rows: Vec<Row>,
    next: usize,
}

impl Kept {
    fn new(stream: Stream) -> Kept {
        Kept { stream: Some(stream), rows: Vec::new(), next: 0 }
    }

    fn restart(&mut self) {
        self.next = 0;
    }

    fn next_row(&mut self) -> io::Result<Option<Row>> {
        if self.next == self.rows.len()
            && let Some(stream) = &mut self.stream
        {
            match stream.next_row()? {
                Some(row) => self.rows.push(row),
                None => self.stream = None,
            }
        }
        let row = self.rows.get(self.next).cloned();
        self.next += usize::from(row.is_some());
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Source {
        Source::Values(text.split_whitespace().map(OsString::from).collect())
    }

    fn rows(groups: Vec<Vec<Source>>) -> (Option<u64>, Vec<String>) {
        let spec = SourceSpec { groups, delimiter: b'\n' };
        let mut combinations = Combinations::open(spec).unwrap();
        let mut rows = Vec::new();
        while let Some(row) = combinations.next_row().unwrap() {
            rows.push(row.join(std::ffi::OsStr::new(" ")).into_string().unwrap());
        }
        (combinations.total(), rows)
    }

    #[test]
    fn the_last_source_changes_fastest() {
        let (total, rows) =
            rows(vec![vec![values("a b")], vec![values("1 2")], vec![values("x y")]]);
        assert_eq!(total, Some(8));
        assert_eq!(rows, ["a 1 x", "a 1 y", "a 2 x", "a 2 y", "b 1 x", "b 1 y", "b 2 x", "b 2 y"]);
    }

    #[test]
    fn linked_sources_go_in_step_and_end_with_the_shorter() {
        let (total, rows) = rows(vec![vec![values("a b")], vec![values("x y z"), values("1 2")]]);
        assert_eq!(total, Some(4));
        assert_eq!(rows, ["a x 1", "a y 2", "b x 1", "b y 2"]);
    }

    #[test]
    fn a_source_without_values_makes_no_combination() {
        assert_eq!(rows(vec![vec![values("a b")], vec![values("")]]), (Some(0), vec![]));
        assert_eq!(rows(vec![vec![values("")], vec![values("a")]]), (Some(0), vec![]));
        assert_eq!(rows(vec![]).1, Vec::<String>::new());
    }

    #[test]
    fn the_total_of_a_file_is_not_known_beforehand() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "1\n2\n").unwrap();
        let file = Source::File(file.path().to_owned());
        assert_eq!(
            rows(vec![vec![values("a b")], vec![file]]),
            (None, ["a 1", "a 2", "b 1", "b 2"].map(String::from).to_vec())
        );
    }
}
