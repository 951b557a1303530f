//! Encoded tiles of the present state of the ledger: forgotten as soon as an event is written.
use std::collections::HashMap;
use std::sync::Mutex;

/// Bytes kept at most.
const BYTES_MAX: usize = 64 << 20;

/// Tiles by their full question; all of one event number.
#[derive(Default)]
pub struct TileCache {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    seq: i64,
    bytes: usize,
    tiles: HashMap<String, Vec<u8>>,
}

impl TileCache {
    /// The tile, when it was made at this event number.
    pub fn get(&self, seq: i64, question: &str) -> Option<Vec<u8>> {
        let inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        (inner.seq == seq).then(|| inner.tiles.get(question).cloned())?
    }

    /// Keeps a tile; older ones go when the ledger has changed or room is short.
    pub fn put(&self, seq: i64, question: String, tile: Vec<u8>) {
        let mut inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if inner.seq > seq {
            return;
        }
        let size = tile.len() + question.len();
        if inner.seq < seq || inner.bytes + size > BYTES_MAX {
            *inner = Inner { seq, ..Inner::default() };
        }
        inner.bytes += size;
        inner.tiles.insert(question, tile);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_forgotten_when_the_ledger_changes() {
        let cache = TileCache::default();
        cache.put(7, "a".into(), vec![1]);
        assert_eq!(cache.get(7, "a"), Some(vec![1]));
        assert_eq!(cache.get(8, "a"), None);
        cache.put(8, "b".into(), vec![2]);
        assert_eq!(cache.get(8, "a"), None);
        cache.put(7, "a".into(), vec![1]);
        assert_eq!(cache.get(8, "b"), Some(vec![2]), "a late answer of an older state changes nothing");
    }
}
