from datetime import datetime, timedelta

import pytest

from latchkey import code_in
from shop import Shop

# As examples/seed.toml says.
ADA = "5b0d7f9c-3f54-4d0c-9a53-0d2b6c7f1e03"
CLIENT = ("5b0d7f9c-3f54-4d0c-9a53-0d2b6c7f1e02", "shop-secret-of-the-example")


@pytest.fixture
def shop(latchkey):
    env = latchkey.env
    worker = (env["WORKER_CLIENT_ID"], env["WORKER_CLIENT_SECRET"])
    return Shop(
        CLIENT, worker, "http://localhost:3000/callback",
        env["ISSUER"], env["API_URL"], env["ENVIRONMENT_ID"], latchkey.tls,
    )  # fmt: skip


def sign_on(latchkey, shop, username, password):
    browser = latchkey.browser()
    browser.open(shop.begin_sign_on())
    flow = browser.sign_on(username, password)
    return shop.end_sign_on(browser.return_to_application(flow))


def test_a_customer_of_the_seed_signs_on(latchkey, shop):
    token = sign_on(latchkey, shop, "ada", "Sunny-Harbour-42")
    profile = shop.profile(token)
    assert profile["sub"] == ADA
    assert profile["email"] == "ada@shop.example"


def test_a_newcomer_proves_the_address_by_the_code_of_a_mail(latchkey, shop):
    shop.register("grace", "grace@shop.example", "Bright-Compass-19")
    browser = latchkey.browser()
    browser.open(shop.begin_sign_on())
    flow = browser.sign_on("grace", "Bright-Compass-19")
    assert flow["status"] == "VERIFICATION_CODE_REQUIRED"
    mail = latchkey.mail_to("grace@shop.example")
    flow = browser.do("user.verify", verificationCode=code_in(mail))
    token = shop.end_sign_on(browser.return_to_application(flow))
    assert shop.profile(token)["email"] == "grace@shop.example"


def test_nobody_stays_signed_on_longer_than_a_token_lasts(latchkey, shop):
    token = sign_on(latchkey, shop, "ada", "Sunny-Harbour-42")
    latchkey.advance(seconds=59 * 60)
    assert shop.profile(token) is not None
    latchkey.advance(seconds=2 * 60)
    assert shop.profile(token) is None


def test_the_shop_waits_as_long_as_a_busy_server_asks(latchkey, shop):
    token = sign_on(latchkey, shop, "ada", "Sunny-Harbour-42")
    path = "/{environment}/as/userinfo"
    latchkey.fail(path, "status", status=429, retryAfterSeconds=1)
    assert shop.profile(token)["sub"] == ADA
    first, second = latchkey.requests(path=path)
    assert (first["status"], second["status"]) == (429, 200)
    waited = datetime.fromisoformat(second["at"]) - datetime.fromisoformat(first["at"])
    assert waited >= timedelta(seconds=1)


def test_every_test_begins_without_what_others_did(latchkey, shop):
    # The newcomer of the test above can register again, and there is no mail for them yet.
    assert latchkey.mails_to("grace@shop.example") == []
    shop.register("grace", "grace@shop.example", "Bright-Compass-19")
