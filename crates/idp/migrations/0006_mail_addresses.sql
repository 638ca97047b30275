-- Mails to one address are counted and listed however it is spelled. Recipients are in ASCII.
DROP INDEX mails_by_recipient;
CREATE INDEX mails_by_address ON mails (LOWER(recipient), created_at);
