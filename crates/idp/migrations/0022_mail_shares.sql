-- Of which share of its address a mail is: no kind of mail uses up what another one needs.
ALTER TABLE mails ADD COLUMN share TEXT NOT NULL DEFAULT 'CODES';
