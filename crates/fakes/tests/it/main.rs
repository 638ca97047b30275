//! The provider does as it is told, or every test that stands on it proves nothing.

mod provider;
