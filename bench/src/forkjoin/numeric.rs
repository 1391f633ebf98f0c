//! Work with leaves that compute for a while: the forces among bodies, a product of matrices, and
//! the words of a text.

use std::collections::HashMap;
use std::hint::black_box;

use super::peer::Peer;
use crate::runtime::WORKERS;
use crate::stopwatch::Stopwatch;

const BODIES: usize = 1000;
/// Bodies whose forces are found without a join.
const BODIES_AT_ONCE: usize = 8;
/// Rows and columns.
const MATRIX: usize = 256;
/// Rows that are computed without a join.
const ROWS_AT_ONCE: usize = 4;
const WORDS: usize = 500_000;
/// Bytes whose words are counted without a join.
const TEXT_AT_ONCE: usize = 16 * 1024;

type Point = [f64; 3];

/// ms for the forces of all bodies on each other.
pub(super) fn n_body<P: Peer>(watch: &Stopwatch) -> f64 {
    let mut random = fastrand::Rng::with_seed(1);
    let bodies: Vec<Point> =
        (0..BODIES).map(|_| [random.f64(), random.f64(), random.f64()]).collect();
    let mut forces = vec![[0.0; 3]; BODIES];
    P::start(WORKERS).run(|place| {
        watch.per_operation(1, || attract::<P>(place, black_box(&bodies), 0, &mut forces))
    }) / 1e6
}

/// The forces on the bodies from `first` on.
fn attract<P: Peer>(
    place: &mut P::Place<'_>,
    bodies: &[Point],
    first: usize,
    forces: &mut [Point],
) {
    if forces.len() <= BODIES_AT_ONCE {
        for (force, body) in forces.iter_mut().zip(&bodies[first..]) {
            *force = force_on(body, bodies);
        }
        return;
    }
    let middle = forces.len() / 2;
    let (left, right) = forces.split_at_mut(middle);
    P::join(
        place,
        |place| attract::<P>(place, bodies, first, left),
        |place| attract::<P>(place, bodies, first + middle, right),
    );
}

fn force_on(body: &Point, bodies: &[Point]) -> Point {
    let mut force = [0.0; 3];
    for other in bodies {
        let way: Point = std::array::from_fn(|axis| other[axis] - body[axis]);
        // A body is kept off itself and off close neighbours by a little distance.
        let squared = way.iter().map(|part| part * part).sum::<f64>() + 1e-3;
        let strength = 1.0 / (squared * squared.sqrt());
        force.iter_mut().zip(way).for_each(|(force, part)| *force += part * strength);
    }
    force
}

/// ms for a product of two square matrices.
pub(super) fn matmul<P: Peer>(watch: &Stopwatch) -> f64 {
    let mut random = fastrand::Rng::with_seed(1);
    let mut matrix = || -> Vec<f64> { (0..MATRIX * MATRIX).map(|_| random.f64()).collect() };
    let (left, right, mut product) = (matrix(), matrix(), matrix());
    P::start(WORKERS).run(|place| {
        watch.per_operation(1, || {
            multiply::<P>(place, black_box(&left), &right, &mut product);
        })
    }) / 1e6
}

/// The rows of the product that belong to the rows of `left`.
fn multiply<P: Peer>(place: &mut P::Place<'_>, left: &[f64], right: &[f64], product: &mut [f64]) {
    let rows = left.len() / MATRIX;
    if rows <= ROWS_AT_ONCE {
        return multiply_rows(left, right, product);
    }
    let middle = rows / 2 * MATRIX;
    let (upper, lower) = left.split_at(middle);
    let (upper_product, lower_product) = product.split_at_mut(middle);
    P::join(
        place,
        |place| multiply::<P>(place, upper, right, upper_product),
        |place| multiply::<P>(place, lower, right, lower_product),
    );
}

fn multiply_rows(left: &[f64], right: &[f64], product: &mut [f64]) {
    for (factors, sums) in left.chunks(MATRIX).zip(product.chunks_mut(MATRIX)) {
        sums.fill(0.0);
        for (factor, row) in factors.iter().zip(right.chunks(MATRIX)) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
        }
    }
}

/// ms to count how often each word occurs in a text of a few megabytes.
pub(super) fn word_count<P: Peer>(watch: &Stopwatch) -> f64 {
    let mut random = fastrand::Rng::with_seed(1);
    // Small numbers are more frequent, as some words are.
    let words = (0..WORDS).map(|_| format!("word{} ", random.u32(1..2000) / random.u32(1..200)));
    let text: String = words.collect();
    P::start(WORKERS).run(|place| {
        watch.per_operation(1, || {
            let counts = count::<P>(place, black_box(&text));
            assert_eq!(counts.values().sum::<usize>(), WORDS);
        })
    }) / 1e6
}

fn count<'t, P: Peer>(place: &mut P::Place<'_>, text: &'t str) -> HashMap<&'t str, usize> {
    let middle = text.floor_char_boundary(text.len() / 2);
    let between = text[middle..].find(char::is_whitespace).map(|offset| middle + offset);
    let Some(between) = between.filter(|_| text.len() > TEXT_AT_ONCE) else {
        let mut counts = HashMap::new();
        text.split_whitespace().for_each(|word| *counts.entry(word).or_default() += 1);
        return counts;
    };
    let (left, right) = text.split_at(between);
    let (mut counts, others) =
        P::join(place, |place| count::<P>(place, left), |place| count::<P>(place, right));
    others.into_iter().for_each(|(word, times)| *counts.entry(word).or_default() += times);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forkjoin::peer::Sequential;

    #[test]
    fn a_matrix_times_one_is_itself() {
        let left: Vec<f64> = (0..MATRIX * MATRIX).map(|value| value as f64).collect();
        let mut one = vec![0.0; MATRIX * MATRIX];
        (0..MATRIX).for_each(|at| one[at * MATRIX + at] = 1.0);
        let mut product = vec![7.0; MATRIX * MATRIX];
        multiply::<Sequential>(&mut (), &left, &one, &mut product);
        assert_eq!(product, left);
    }

    #[test]
    fn two_bodies_attract_each_other() {
        let bodies = [[0.0; 3], [1.0, 0.0, 0.0]];
        let mut forces = [[0.0; 3]; 2];
        attract::<Sequential>(&mut (), &bodies, 0, &mut forces);
        assert!(forces[0][0] > 0.9 && forces[0][0] == -forces[1][0], "{forces:?}");
    }

    #[test]
    fn words_are_not_cut() {
        let text = "one two two ".repeat(TEXT_AT_ONCE);
        let counts = count::<Sequential>(&mut (), &text);
        assert_eq!(counts, HashMap::from([("one", TEXT_AT_ONCE), ("two", 2 * TEXT_AT_ONCE)]));
    }
}
