-- Each purpose has limits of its own.

DROP INDEX sends_by_prefix;
CREATE INDEX sends_by_prefix ON sends (prefix_index, purpose, sent_at, verified);
CREATE INDEX sends_by_purpose ON sends (purpose, sent_at);
