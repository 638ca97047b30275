package shop_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"example.com/shop"
	"example.com/shop/latchkeytest"
)

// As examples/seed.toml says.
const (
	seed = "../../seed.toml"
	ada  = "5b0d7f9c-3f54-4d0c-9a53-0d2b6c7f1e03"
)

var client = shop.Credentials{ID: "5b0d7f9c-3f54-4d0c-9a53-0d2b6c7f1e02", Secret: "shop-secret-of-the-example"}

var latchkey *latchkeytest.Latchkey

func TestMain(m *testing.M) {
	var err error
	if latchkey, err = latchkeytest.Start(seed); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	latchkey.Stop()
	os.Exit(code)
}

// open gives a shop whose PingOne is as right after the start.
func open(t *testing.T) *shop.Shop {
	t.Helper()
	latchkey.Reset(t)
	env := latchkey.Env
	return &shop.Shop{
		Client:        client,
		Worker:        shop.Credentials{ID: env["WORKER_CLIENT_ID"], Secret: env["WORKER_CLIENT_SECRET"]},
		RedirectURI:   "http://localhost:3000/callback",
		Issuer:        env["ISSUER"],
		APIURL:        env["API_URL"],
		EnvironmentID: env["ENVIRONMENT_ID"],
		HTTP:          http.Client{Transport: latchkey.Transport, Timeout: 30 * time.Second},
	}
}

func endSignOn(t *testing.T, s *shop.Shop, browser *latchkeytest.Browser, flow latchkeytest.Flow) string {
	t.Helper()
	token, err := s.EndSignOn(browser.ReturnToApplication(t, flow))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func signOn(t *testing.T, s *shop.Shop, username, password string) string {
	t.Helper()
	browser := latchkey.Browser()
	browser.Open(t, s.BeginSignOn())
	return endSignOn(t, s, browser, browser.SignOn(t, username, password))
}

func profile(t *testing.T, s *shop.Shop, token string) shop.Profile {
	t.Helper()
	found, err := s.Profile(token)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestACustomerOfTheSeedSignsOn(t *testing.T) {
	s := open(t)
	found := profile(t, s, signOn(t, s, "ada", "Sunny-Harbour-42"))
	if found != (shop.Profile{ID: ada, Email: "ada@shop.example"}) {
		t.Fatalf("%+v", found)
	}
}

func TestANewcomerProvesTheAddressByTheCodeOfAMail(t *testing.T) {
	s := open(t)
	if err := s.Register("grace", "grace@shop.example", "Bright-Compass-19"); err != nil {
		t.Fatal(err)
	}
	browser := latchkey.Browser()
	browser.Open(t, s.BeginSignOn())
	flow := browser.SignOn(t, "grace", "Bright-Compass-19")
	if flow.Status != "VERIFICATION_CODE_REQUIRED" {
		t.Fatal(flow.Status)
	}
	code := latchkey.MailTo(t, "grace@shop.example").Code(t)
	flow = browser.Do(t, "user.verify", map[string]string{"verificationCode": code})
	if found := profile(t, s, endSignOn(t, s, browser, flow)); found.Email != "grace@shop.example" {
		t.Fatalf("%+v", found)
	}
}

func TestNobodyStaysSignedOnLongerThanATokenLasts(t *testing.T) {
	s := open(t)
	token := signOn(t, s, "ada", "Sunny-Harbour-42")
	latchkey.Advance(t, 59*time.Minute)
	profile(t, s, token)
	latchkey.Advance(t, 2*time.Minute)
	if _, err := s.Profile(token); !errors.Is(err, shop.ErrSignOnAgain) {
		t.Fatal(err)
	}
}

func TestTheShopWaitsAsLongAsABusyServerAsks(t *testing.T) {
	s := open(t)
	token := signOn(t, s, "ada", "Sunny-Harbour-42")
	path := "/{environment}/as/userinfo"
	latchkey.Fail(t, path, 1, latchkeytest.Fault{Kind: "status", Status: 429, RetryAfterSeconds: 1})
	profile(t, s, token)
	seen := latchkey.Requests(t, path)
	if len(seen) != 2 || seen[0].Status != 429 || seen[1].Status != 200 {
		t.Fatalf("%+v", seen)
	}
	if waited := seen[1].At.Sub(seen[0].At); waited < time.Second {
		t.Fatal(waited)
	}
}

func TestEveryTestBeginsWithoutWhatOthersDid(t *testing.T) {
	s := open(t)
	// The newcomer of the test above can register again, and there is no mail for them yet.
	if mails := latchkey.MailsTo(t, "grace@shop.example"); len(mails) != 0 {
		t.Fatalf("%+v", mails)
	}
	if err := s.Register("grace", "grace@shop.example", "Bright-Compass-19"); err != nil {
		t.Fatal(err)
	}
}
