//! Work that consists of joins and little else: the sum of a binary tree, Fibonacci numbers, and
//! scopes in scopes. Nobody cuts off by hand.

use std::hint::black_box;

use super::peer::Peer;
use crate::runtime::WORKERS;
use crate::stopwatch::Stopwatch;

const SMALL_LAYERS: u32 = 10;
const LARGE_LAYERS: u32 = 20;
const FIB: u32 = 32;

/// 24 bytes, as in the benchmarks of chili and spice.
struct Node {
    value: u64,
    left: Option<Box<Node>>,
    right: Option<Box<Node>>,
}

impl Node {
    /// Each node is made before its children and the left ones before the right ones, so that
    /// memory is in the order in which all contenders visit it. A tree whose children are made
    /// first is slow for who goes left first, and flatters who goes right first.
    fn tree(layers: u32) -> Box<Node> {
        let mut node = Box::new(Node { value: 1, left: None, right: None });
        if layers > 1 {
            node.left = Some(Node::tree(layers - 1));
            node.right = Some(Node::tree(layers - 1));
        }
        node
    }

    /// A call remains a call for all contenders: else the compiler unrolls the recursion of some, and that
    /// is what would be compared.
    #[inline(never)]
    fn sum<P: Peer>(&self, place: &mut P::Place<'_>) -> u64 {
        let (left, right) = P::join(
            place,
            |place| self.left.as_ref().map_or(0, |node| node.sum::<P>(place)),
            |place| self.right.as_ref().map_or(0, |node| node.sum::<P>(place)),
        );
        self.value + left + right
    }
}

/// ns per node of a tree in the cache, called from within the pool.
pub(super) fn small<P: Peer>(watch: &Stopwatch) -> f64 {
    sum::<P>(watch, SMALL_LAYERS, WORKERS)
}

/// ns per node of a large tree.
pub(super) fn large<P: Peer>(watch: &Stopwatch) -> f64 {
    sum::<P>(watch, LARGE_LAYERS, WORKERS)
}

/// ns per node of the large tree on one thread: nobody is there to steal.
pub(super) fn without_thief<P: Peer>(watch: &Stopwatch) -> f64 {
    sum::<P>(watch, LARGE_LAYERS, 1)
}

fn sum<P: Peer>(watch: &Stopwatch, layers: u32, threads: usize) -> f64 {
    let (tree, nodes) = (Node::tree(layers), (1_usize << layers) - 1);
    P::start(threads).run(|place| {
        watch.per_operation(nodes, || {
            assert_eq!(black_box(&tree).sum::<P>(place), nodes as u64);
        })
    })
}

/// ms for a Fibonacci number, by a join for each step down to 1.
pub(super) fn fib<P: Peer>(watch: &Stopwatch) -> f64 {
    fn fib<P: Peer>(place: &mut P::Place<'_>, n: u32) -> u32 {
        if n < 2 {
            return n;
        }
        let (a, b) = P::join(place, |place| fib::<P>(place, n - 1), |place| fib::<P>(place, n - 2));
        a + b
    }
    P::start(WORKERS).run(|place| {
        watch.per_operation(1, || {
            assert_eq!(fib::<P>(place, black_box(FIB)), 2_178_309);
        })
    }) / 1e6
}

/// Layers of scopes, of which each spawns the two below it.
const SCOPE_LAYERS: u32 = 12;

/// ns per scope, for a crate with Rayon's `scope`.
macro_rules! nested_scopes {
    ($name:ident, $peer:ty, $scope:path) => {
        pub(super) fn $name(watch: &Stopwatch) -> f64 {
            fn nested(layers: u32) -> u32 {
                if layers == 0 {
                    return 0;
                }
                let (mut left, mut right) = (0, 0);
                $scope(|scope| {
                    scope.spawn(|_| left = nested(layers - 1));
                    scope.spawn(|_| right = nested(layers - 1));
                });
                left + right + 1
            }
            let scopes = (1 << SCOPE_LAYERS) - 1;
            <$peer>::start(WORKERS).run(|_| {
                watch.per_operation(scopes as usize, || {
                    assert_eq!(nested(black_box(SCOPE_LAYERS)), scopes);
                })
            })
        }
    };
}

nested_scopes!(cortado_scopes, super::peer::Cortado, cortado::scope);
nested_scopes!(rayon_scopes, super::peer::Rayon, rayon::scope);
