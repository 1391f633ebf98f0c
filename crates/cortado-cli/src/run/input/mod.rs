//! Where the jobs' inputs come from, as a stream: a job is made when it is asked for, so that a
//! million lines on standard input cost no more memory than ten.
//!
//! As with GNU parallel, several sources are combined (every value of one with every value of the
//! other, the last source changing fastest), and `:::+` links a source to the one before it (their
//! values go in pairs, as far as the shorter one reaches). Different from there, a value of `:::`
//! is never cut at its line ends, and a source without any value makes no jobs instead of jobs
//! with an empty value.

mod combine;
mod lines;
mod spec;

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt;

use combine::Combinations;
pub(crate) use spec::{Source, SourceError, SourceSpec, Words};

use super::joblog::SeqSet;
use super::pipe::{Block, Blocks};

/// One job: the record that is handed to whoever runs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Job {
    /// The number of the job, from 1, in the order of the input.
    pub(crate) seq: u64,
    /// Its inputs, in the order of their sources.
    pub(crate) inputs: Vec<OsString>,
    /// What the job reads from standard input, under `--pipe`.
    pub(crate) stdin: Option<Block>,
}

/// Memory that a string takes beside its bytes: its header, and that of its allocation.
const STRING_BYTES: usize = 48;

/// About how much memory these strings take, in bytes.
pub(crate) fn memory_of(strings: &[OsString]) -> usize {
    strings.iter().map(|string| string.len() + STRING_BYTES).sum()
}

impl Job {
    /// About how much memory it takes, in bytes.
    pub(crate) fn memory(&self) -> usize {
        memory_of(&self.inputs) + self.stdin.as_ref().map_or(0, |block| block.0.capacity())
    }

    /// The inputs joined by blanks: what `--tag` puts before each line of output.
    pub(crate) fn tag(&self) -> Vec<u8> {
        self.inputs.iter().map(|input| input.as_bytes()).collect::<Vec<_>>().join(&b' ')
    }
}

/// How rows of inputs become jobs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grouping {
    /// How many rows a job takes (`--max-args`). With 0 a job is run for each row, without it.
    pub(crate) rows_per_job: Option<usize>,
    /// Whether a job whose inputs are all empty is left out (`--no-run-if-empty`).
    pub(crate) skip_empty: bool,
    /// The jobs that an earlier run has finished.
    pub(crate) finished: SeqSet,
}

/// The jobs, made one by one. After an error the stream is over.
pub(crate) struct Jobs {
    feed: Feed,
    grouping: Grouping,
    seq: u64,
    over: bool,
}

/// What jobs are made of.
enum Feed {
    Rows(Combinations),
    Blocks(Blocks),
}

impl Jobs {
    /// Jobs from combined sources.
    pub(crate) fn from_sources(spec: SourceSpec, grouping: Grouping) -> Result<Jobs, SourceError> {
        let feed = Feed::Rows(Combinations::open(spec)?);
        Ok(Jobs { feed, grouping, seq: 0, over: false })
    }

    /// Jobs that each read a block.
    pub(crate) fn from_blocks(blocks: Blocks, grouping: Grouping) -> Jobs {
        Jobs { feed: Feed::Blocks(blocks), grouping, seq: 0, over: false }
    }

    /// How many jobs there will be, if that is known before the input has been read. Jobs that an
    /// earlier run has finished are included, as they are in `{#}`.
    pub(crate) fn total(&self) -> Option<u64> {
        let Feed::Rows(rows) = &self.feed else { return None };
        if self.grouping.skip_empty {
            return None;
        }
        let per_job = self.grouping.rows_per_job.unwrap_or(1).max(1) as u64;
        Some(rows.total()?.div_ceil(per_job))
    }

    /// How many jobs have been made so far, those that an earlier run has finished included.
    pub(crate) fn made(&self) -> u64 {
        self.seq
    }

    /// The next job, whether or not it has been run before.
    fn make(&mut self) -> io::Result<Option<Job>> {
        let mut job = Job::default();
        match &mut self.feed {
            Feed::Blocks(blocks) => match blocks.next_block()? {
                Some(block) => job.stdin = Some(block),
                None => return Ok(None),
            },
            Feed::Rows(rows) => {
                let wanted = self.grouping.rows_per_job.unwrap_or(1);
                let mut taken = 0;
                while taken < wanted.max(1)
                    && let Some(row) = rows.next_row()?
                {
                    taken += 1;
                    if wanted > 0 {
                        job.inputs.extend(row);
                    }
                }
                if taken == 0 {
                    return Ok(None);
                }
            }
        }
        Ok(Some(job))
    }

    /// The next job that is to be run.
    fn next_wanted(&mut self) -> io::Result<Option<Job>> {
        while let Some(mut job) = self.make()? {
            let is_empty = job.stdin.is_none() && job.inputs.iter().all(|input| input.is_empty());
            if self.grouping.skip_empty && is_empty {
                continue;
            }
            self.seq += 1;
            job.seq = self.seq;
            if !self.grouping.finished.contains(job.seq) {
                return Ok(Some(job));
            }
        }
        Ok(None)
    }
}

impl Iterator for Jobs {
    type Item = io::Result<Job>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = self.next_wanted().transpose();
        self.over = !matches!(next, Some(Ok(_)));
        next
    }
}
