-- By which rule the keys of names (`username_key`, `name_key`, `value_key`) were made. SQL cannot
-- make them: the program brings those of an earlier rule up to date when it starts, and notes it here.
CREATE TABLE name_rules (
    rule TEXT NOT NULL PRIMARY KEY
);
