//! Coordinates, geometry encodings and tiles: pure functions, no I/O.
