# What was checked while people signed on.

explain-title = Sign-ons, explained
explain-lead = The last sign-ons, with every request, every check and what was wrong. They are kept in memory and hold no secrets.
explain-lead-by-id = Type the id of a request, as it stands on an error page, in the log, or among the headers of an answer.
explain-request = Request id
explain-request-hint = As it stands on an error page, in the log, or among the headers of an answer.
explain-find = Explain
explain-sign-ons = Last sign-ons
explain-none = Nobody has signed on since the start.
explain-others = Requests that failed beside them
explain-began = Began at
explain-first = First request
explain-outcome = Outcome
explain-cause = What failed
explain-not = Not so:
explain-failed = Failed
explain-signed-on = Signed on
explain-under-way = Under way
explain-missing-title = Nothing is kept about this request
explain-missing = It made room for newer ones, came before the start, or went well and belongs to no sign-on.

explain-one-title = A sign-on, explained
explain-began-at = Began at { $at }.
explain-input = Looked at
explain-because = Because
explain-remedy = What to change
explain-section = Written in
explain-where = Where
explain-step = Step { $number }: { $where }
explain-provider-only = The OpenID provider is not part of this program, so that its own checks are not seen here: only what the portal asked it, and what it answered.
explain-left-out = { $count ->
    [one] One request in the middle is left out.
   *[other] { $count } requests in the middle are left out.
  }
explain-sequence = Sequence
explain-drawing = Sequence of the sign-on
explain-drawing-lead = The list below the drawing says the same in words.
explain-steps = Step by step
explain-answered = answered { $status }
explain-facts = { $after } ms after the first request, { $took } ms until the answer, request id
explain-query = Parameters
explain-form = Form
explain-with = with
explain-passed = Passed:
explain-not-passed = Failed:
explain-asked = Asked
explain-said = The answer says:
explain-leads-to = Leads to
explain-opaque = Only its issuer can read it.
explain-report = For a report
explain-report-lead = The same as text. Secrets are left out, and what tokens say about the person.
explain-report-file = As a text file
explain-all = All sign-ons

explain-browser = Browser
explain-application = Application
explain-portal = Portal
explain-environment = Environment
explain-provider = OpenID provider
