//! Other programs' files: every format both ways, what was made to hurt, and what the fuzz targets start from.

mod corpus;
