"""The console side without Textual: supervisor, stores, query language, the Fleet facade."""
