//! Sums of rounded straight lines: what adds up a million moments in a handful of steps.
//!
//! Contract: exact integers. The number of steps grows with the number of digits, not with the number of terms.

/// `Σ ⌊(a·i + b) / m⌋` over `i` from 0 below `n`. `m` is not zero.
///
/// Euclid's algorithm: the whole parts are added up at once; what remains is a triangle of lattice points that is
/// counted along its other side.
pub(crate) fn floor_sum(n: u128, m: u128, a: u128, b: u128) -> u128 {
    if n == 0 {
        return 0;
    }
    let whole = n * (n - 1) / 2 * (a / m) + n * (b / m);
    let (a, b) = (a % m, b % m);
    let top = a * n + b;
    if top < m {
        return whole;
    }
    let small = |number: u128| u64::try_from(number).ok();
    whole
        + match (small(top), small(n), small(m)) {
            // None of the numbers grows from here on, and short divisions are quicker.
            (Some(_), Some(n), Some(m)) => short_floor_sum(n, m, a as u64, b as u64),
            _ => floor_sum(top / m, a, m, top % m),
        }
}

/// The same with `a·n + b` and `m` in 64 bits.
fn short_floor_sum(mut n: u64, mut m: u64, mut a: u64, mut b: u64) -> u128 {
    let mut sum = 0;
    while n > 0 {
        let count = u128::from(n);
        sum += count * (count - 1) / 2 * u128::from(a / m) + count * u128::from(b / m);
        (a, b) = (a % m, b % m);
        let top = a * n + b;
        if top < m {
            break;
        }
        (n, b) = (top / m, top % m);
        (m, a) = (a, m);
    }
    sum
}

/// `Σ ⌈(a·i + b) / m⌉` over `i` from 0 below `n`. `m` is not zero.
pub(crate) fn ceil_sum(n: u128, m: u128, a: u128, b: u128) -> u128 {
    floor_sum(n, m, a, b + m - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_single_terms() {
        let numbers = [1_u128, 2, 3, 5, 7, 12, 1_000, 999_983];
        for n in [0, 1, 2, 9, 100] {
            for m in numbers {
                for a in numbers.into_iter().chain([0]) {
                    for b in [0, 1, 6, 1_000_003] {
                        let terms = (0..n).map(|i| (a * i + b) / m).sum::<u128>();
                        assert_eq!(floor_sum(n, m, a, b), terms, "{n} {m} {a} {b}");
                        let terms = (0..n).map(|i| (a * i + b).div_ceil(m)).sum::<u128>();
                        assert_eq!(ceil_sum(n, m, a, b), terms, "{n} {m} {a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_trillion_terms_cost_as_little_as_ten() {
        let n = 1_000_000_000_000;
        assert_eq!(floor_sum(n, 2, 1, 0), n / 2 * (n / 2 - 1));
    }
}
