//! The numbers of the output's way, each with its reason.

/// What one stream of a job holds back in memory before it goes to the temporary file, in bytes:
/// room for a full pipe (64 KiB, pipe(7)) after a line that is not complete.
pub(super) const HELD_PER_STREAM: usize = 128 * 1024;

/// What all jobs together hold back in memory, in bytes. A run is to stay below 30 MB.
pub(super) const HELD_IN_ALL: usize = 8 * 1024 * 1024;

/// How much is read from a pipe at once, in bytes: all that a pipe holds (64 KiB, pipe(7)).
pub(super) const READ_SIZE: usize = 64 * 1024;

/// How often one job's pipes are read before others get their turn. At some 40 µs for reading a
/// full pipe and putting it into the temporary file, this keeps the event loop for 0.3 ms.
pub(super) const READS_PER_POLL: usize = 8;

/// How much is written to our output at once, in bytes: what the blocking pool, which writes to
/// files, takes in one call.
pub(super) const BATCH: usize = 128 * 1024;

/// With more bytes than this in the writer's queue no job's lines are read, so that a job writes
/// no faster than our reader reads.
pub(super) const LINES_AHEAD: u64 = 1024 * 1024;

/// With more bytes than this in the writer's queue no job is begun. Larger than what a burst of
/// ordinary jobs leaves, so that a reader that pauses for a moment holds up nothing.
pub(super) const STARTS_AHEAD: u64 = 16 * 1024 * 1024;

/// With more finished jobs than this behind one that is not, no job is begun under `keep_order`:
/// each costs some hundred bytes here and up to a KiB with whoever waits for its log entry.
pub(super) const FINISHED_AHEAD: usize = 16 * 1024;

/// How much is given back to the disk at once, in bytes: each time is a change of the file
/// system's own tables.
pub(super) const PUNCH_SIZE: u64 = 8 * 1024 * 1024;

/// A stream that is in the temporary file already puts so many bytes there without a detour
/// through memory: half a full pipe, where copying begins to cost more than a system call.
pub(super) const STRAIGHT_TO_FILE: usize = 32 * 1024;
