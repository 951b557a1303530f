//! Documents on paper: PDF by typst with Chinese fonts embedded.
