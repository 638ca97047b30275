//! The least time that an answer takes.

use std::time::Duration;

use tokio::time::Instant;

/// Lets answers take at least a fixed time, counted from when it was made, so that the time tells
/// nothing about what was found.
#[derive(Clone, Copy, Debug)]
pub struct Floor(Instant);

impl Floor {
    /// A floor that begins now.
    pub fn of(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// Waits until the time has passed; not at all when it has passed already.
    pub async fn reached(self) {
        tokio::time::sleep_until(self.0).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_takes_at_least_the_floor() {
        let begun = Instant::now();
        let floor = Floor::of(Duration::from_millis(600));
        tokio::time::advance(Duration::from_millis(200)).await;
        floor.reached().await;
        assert_eq!(begun.elapsed(), Duration::from_millis(600));
        floor.reached().await;
        assert_eq!(begun.elapsed(), Duration::from_millis(600));
    }
}
