//! A fresh database for each test, on either engine.
