//! How often one address may do one thing: counted in this process, bounded in memory.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use platform::net::RemoteAddress;

/// Addresses that are counted each for itself, by each limiter: 3 MB when full.
const MOST_ADDRESSES: usize = 50_000;

/// Allowances for the addresses beyond those.
const SHARED_ALLOWANCES: usize = 1_024;

/// An address that did something too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests from one address; the next one is accepted in {wait:?}")]
pub struct Limited {
    /// How long until the next time is accepted.
    pub wait: Duration,
}

impl Limited {
    /// The wait in whole seconds, rounded up and at least one, for `Retry-After`.
    pub fn retry_after_seconds(self) -> u64 {
        let part = u64::from(self.wait.subsec_nanos() > 0);
        self.wait.as_secs().saturating_add(part).max(1)
    }
}

/// How often one address may do one thing. IPv6 counts by /64
/// ([`RemoteAddress::network`]).
///
/// A fixed number of addresses is counted each for itself, and keeps its count however many others
/// come: no flood of addresses can reset anybody's. Beyond that number, neighbours (an IPv4 /16, an
/// IPv6 /32) share one allowance, so that whoever floods is held up with their own neighbourhood
/// and not with everybody. Addresses that have been quiet long enough to have their whole allowance
/// again are forgotten when room is needed.
#[derive(Debug)]
pub struct Limiter {
    rates: RateLimiter<IpAddr, Counts, RequestTime, NoOpMiddleware<Nanos>>,
    now: RequestTime,
    capacity: usize,
    /// The second in which quiet addresses were last forgotten.
    swept_at: AtomicI64,
}

impl Limiter {
    /// So many times in each period; at least once.
    pub fn new(times: u32, period: Duration) -> Self {
        Self::with_capacity(times, period, MOST_ADDRESSES)
    }

    /// The same, with room for another number of addresses.
    fn with_capacity(times: u32, period: Duration, capacity: usize) -> Self {
        let times = NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(period / times.get())
            .unwrap_or_else(|| Quota::per_second(times))
            .allow_burst(times);
        let now = RequestTime::default();
        Self {
            rates: RateLimiter::new(quota, Counts::new(capacity), now.clone()),
            now,
            capacity,
            swept_at: AtomicI64::new(i64::MIN),
        }
    }

    /// Counts one time.
    ///
    /// # Errors
    ///
    /// When it is one time too many; it is not counted then.
    pub fn take(&self, address: RemoteAddress, now: Timestamp) -> Result<(), Limited> {
        self.take_as(address.network(), now)
    }

    /// Counts one time of something else than an address: whatever has this id. A limiter counts
    /// either addresses or ids.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub fn take_of(&self, id: u128, now: Timestamp) -> Result<(), Limited> {
        self.take_as(Ipv6Addr::from_bits(id).into(), now)
    }

    fn take_as(&self, key: IpAddr, now: Timestamp) -> Result<(), Limited> {
        self.now.set(now);
        if self.rates.len() >= self.capacity && self.may_sweep(now) {
            self.rates.retain_recent();
        }
        self.rates.check_key(&key).map_err(|not_until| Limited {
            wait: not_until.wait_time_from(self.now.now()),
        })
    }

    /// Sweeping looks at every address, so it happens once a second at most: a flood of addresses
    /// must not make each request dear.
    fn may_sweep(&self, now: Timestamp) -> bool {
        let second = now.as_second();
        self.swept_at.swap(second, Ordering::Relaxed) != second
    }
}

/// The counts of a limiter: of single addresses up to a number, then of neighbourhoods.
#[derive(Debug)]
struct Counts {
    of_addresses: DashMap<IpAddr, InMemoryState>,
    of_neighbours: Box<[InMemoryState]>,
    /// Which neighbourhoods share an allowance is nobody's to foresee.
    hasher: RandomState,
    capacity: usize,
}

impl Counts {
    fn new(capacity: usize) -> Self {
        Self {
            of_addresses: DashMap::new(),
            of_neighbours: (0..SHARED_ALLOWANCES)
                .map(|_| InMemoryState::default())
                .collect(),
            hasher: RandomState::new(),
            capacity,
        }
    }

    fn of_neighbours(&self, address: IpAddr) -> Option<&InMemoryState> {
        let hash = self.hasher.hash_one(neighbourhood(address));
        let index = usize::try_from(hash % SHARED_ALLOWANCES as u64).ok()?;
        self.of_neighbours.get(index)
    }
}

/// The network whose addresses share an allowance: about what one provider gives to its customers.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() >> 16 << 16).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 96 << 96).into(),
    }
}

impl StateStore for Counts {
    type Key = IpAddr;

    fn measure_and_replace<T, F, E>(&self, address: &IpAddr, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let any = &NotKeyed::NonKey;
        if let Some(count) = self.of_addresses.get(address) {
            return count.measure_and_replace(any, decide);
        }
        if self.of_addresses.len() >= self.capacity
            && let Some(shared) = self.of_neighbours(*address)
        {
            return shared.measure_and_replace(any, decide);
        }
        let count = self.of_addresses.entry(*address).or_default();
        count.measure_and_replace(any, decide)
    }
}

impl ShrinkableKeyedStateStore<IpAddr> for Counts {
    fn retain_recent(&self, drop_below: Nanos) {
        // Only read: an error replaces nothing.
        let is_recent = |count: &InMemoryState| {
            let read = count.measure_and_replace(&NotKeyed::NonKey, Err::<((), _), _>);
            read.is_err_and(|at| at.is_some_and(|at| at > drop_below))
        };
        self.of_addresses.retain(|_, count| is_recent(count));
    }

    fn shrink_to_fit(&self) {
        self.of_addresses.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.of_addresses.len()
    }

    fn is_empty(&self) -> bool {
        self.of_addresses.is_empty()
    }
}

/// The instant of the request being limited, as the limiter's clock: time is passed in.
#[derive(Clone, Debug, Default)]
struct RequestTime(Arc<AtomicU64>);

impl RequestTime {
    fn set(&self, now: Timestamp) {
        let nanoseconds = u64::try_from(now.as_nanosecond()).unwrap_or(0);
        self.0.store(nanoseconds, Ordering::Relaxed);
    }
}

impl Clock for RequestTime {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn begin() -> Timestamp {
        "2026-01-05T10:00:00Z".parse().unwrap()
    }

    fn address(text: &str) -> RemoteAddress {
        RemoteAddress(text.parse().unwrap())
    }

    /// The nth /64 of one /48.
    fn network_of_the_flood(n: u32) -> RemoteAddress {
        let bits = (0x2001_0db8_0001_u128 << 80) | (u128::from(n) << 64) | 1;
        RemoteAddress(Ipv6Addr::from_bits(bits).into())
    }

    #[test]
    fn an_address_is_stopped_and_another_is_not() {
        let (limiter, now) = (Limiter::new(3, Duration::from_mins(1)), begin());
        for _ in 0..3 {
            assert_eq!(limiter.take(address("192.0.2.1"), now), Ok(()));
        }
        let limited = limiter.take(address("192.0.2.1"), now).unwrap_err();
        assert_eq!(limited.retry_after_seconds(), 20, "{limited:?}");
        assert_eq!(limiter.take(address("192.0.2.2"), now), Ok(()));
        let later = now + SignedDuration::from_secs(20);
        assert_eq!(limiter.take(address("192.0.2.1"), later), Ok(()));
        assert!(limiter.take(address("192.0.2.1"), later).is_err());
    }

    #[test]
    fn the_addresses_of_one_ipv6_64_are_counted_together() {
        let (limiter, now) = (Limiter::new(1, Duration::from_mins(1)), begin());
        limiter.take(address("2001:db8::1"), now).unwrap();
        limiter.take(address("2001:db8::ffff"), now).unwrap_err();
        limiter.take(address("2001:db8:0:1::1"), now).unwrap();
    }

    #[test]
    fn each_id_is_counted_for_itself() {
        let (limiter, now) = (Limiter::new(1, Duration::from_mins(1)), begin());
        limiter.take_of(1, now).unwrap();
        limiter.take_of(1, now).unwrap_err();
        limiter.take_of(2, now).unwrap();
    }

    #[test]
    fn a_flood_from_the_65536_networks_of_a_48_resets_nobodys_count() {
        let (limiter, now) = (Limiter::new(2, Duration::from_hours(1)), begin());
        let (stopped, half) = (address("192.0.2.1"), address("2001:db8:2::1"));
        limiter.take(stopped, now).unwrap();
        limiter.take(stopped, now).unwrap();
        limiter.take(half, now).unwrap();
        for n in 0..65_536 {
            let _ = limiter.take(network_of_the_flood(n), now);
        }
        assert!(limiter.rates.len() <= MOST_ADDRESSES);
        limiter.take(stopped, now).unwrap_err();
        limiter.take(half, now).unwrap();
        limiter.take(half, now).unwrap_err();
    }

    #[test]
    fn a_flood_uses_up_its_neighbours_allowance_and_not_everybodys() {
        let (limiter, now) = (
            Limiter::with_capacity(5, Duration::from_hours(1), 100),
            begin(),
        );
        let flood: Vec<_> = (0..1_000)
            .map(|n| limiter.take(network_of_the_flood(n), now))
            .collect();
        let accepted = flood.iter().filter(|taken| taken.is_ok()).count();
        assert_eq!(
            accepted,
            100 + 5,
            "beyond the bound one allowance serves all"
        );
        assert_eq!(limiter.rates.len(), 100);
        let others = (0..100_u8).filter(|n| {
            let other = RemoteAddress(Ipv4Addr::new(20, *n, 0, 1).into());
            limiter.take(other, now).is_ok()
        });
        // By chance one of them may share the flood's.
        assert!(others.count() >= 95);
    }

    #[test]
    fn quiet_addresses_make_room_and_busy_ones_stay() {
        let (limiter, now) = (
            Limiter::with_capacity(2, Duration::from_mins(1), 10),
            begin(),
        );
        let busy = address("192.0.2.1");
        for n in 0..9 {
            limiter.take(network_of_the_flood(n), now).unwrap();
        }
        let later = now + SignedDuration::from_secs(70);
        limiter.take(busy, later).unwrap();
        assert_eq!(limiter.rates.len(), 10);
        limiter.take(busy, later).unwrap();
        assert_eq!(
            limiter.rates.len(),
            1,
            "the nine have their allowance again"
        );
        limiter.take(busy, later).unwrap_err();
    }

    #[test]
    fn one_limiter_sweeps_whatever_another_does() {
        let now = begin();
        let later = now + SignedDuration::from_mins(2);
        let limiters: [Limiter; 2] =
            std::array::from_fn(|_| Limiter::with_capacity(2, Duration::from_mins(1), 10));
        for limiter in &limiters {
            for n in 0..10 {
                limiter.take(network_of_the_flood(n), now).unwrap();
            }
        }
        for limiter in &limiters {
            limiter.take(address("192.0.2.1"), later).unwrap();
            assert_eq!(limiter.rates.len(), 1);
        }
    }

    #[test]
    fn a_limit_of_zero_times_still_accepts_one() {
        let (limiter, now) = (Limiter::new(0, Duration::from_mins(1)), begin());
        limiter.take(address("192.0.2.1"), now).unwrap();
        limiter.take(address("192.0.2.1"), now).unwrap_err();
    }
}
