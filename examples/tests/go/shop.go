// Package shop is what the tests are about: a shop that signs its customers on at PingOne.
//
// It is small, so that it can be read; one of your own leaves OpenID Connect to a library.
package shop

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const tries = 3

// Credentials are those of an application at PingOne.
type Credentials struct{ ID, Secret string }

// Shop is set up by its fields, and then used.
type Shop struct {
	Client, Worker                             Credentials
	RedirectURI, Issuer, APIURL, EnvironmentID string
	HTTP                                       http.Client

	verifiers map[string]string
}

// ErrSignOnAgain says that the access token is over.
var ErrSignOnAgain = errors.New("sign on again")

// BeginSignOn tells where the shop sends somebody who is not signed on.
func (s *Shop) BeginSignOn() string {
	state, verifier := random(), random()
	if s.verifiers == nil {
		s.verifiers = map[string]string{}
	}
	s.verifiers[state] = verifier
	challenge := sha256.Sum256([]byte(verifier))
	parameters := url.Values{
		"response_type":         {"code"},
		"client_id":             {s.Client.ID},
		"redirect_uri":          {s.RedirectURI},
		"scope":                 {"openid profile email"},
		"state":                 {state},
		"code_challenge":        {base64.RawURLEncoding.EncodeToString(challenge[:])},
		"code_challenge_method": {"S256"},
	}
	return s.Issuer + "/authorize?" + parameters.Encode()
}

// EndSignOn gives the access token of whoever comes back to the redirect URI.
func (s *Shop) EndSignOn(location *url.URL) (string, error) {
	state := location.Query().Get("state")
	verifier, isOurs := s.verifiers[state]
	if !isOurs {
		return "", errors.New("nobody began this sign-on")
	}
	delete(s.verifiers, state)
	return s.token(s.Client, url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {location.Query().Get("code")},
		"redirect_uri":  {s.RedirectURI},
		"code_verifier": {verifier},
	})
}

// Profile is what the shop knows of a customer.
type Profile struct {
	ID    string `json:"sub"`
	Email string `json:"email"`
}

// Profile asks for whoever is signed on.
func (s *Shop) Profile(token string) (profile Profile, err error) {
	err = s.ask(http.MethodGet, s.Issuer+"/userinfo", token, "", nil, &profile)
	return profile, err
}

// Register makes an account, whose owner gets a code by mail.
func (s *Shop) Register(username, email, password string) error {
	api := s.APIURL + "environments/" + s.EnvironmentID
	token, err := s.token(s.Worker, url.Values{"grant_type": {"client_credentials"}})
	if err != nil {
		return err
	}
	var list struct {
		Embedded struct {
			Populations []struct {
				ID      string
				Default bool
			}
		} `json:"_embedded"`
	}
	if err := s.ask(http.MethodGet, api+"/populations", token, "", nil, &list); err != nil {
		return err
	}
	population := ""
	for _, one := range list.Embedded.Populations {
		if one.Default {
			population = one.ID
		}
	}
	account, err := json.Marshal(map[string]any{
		"username":   username,
		"email":      email,
		"population": map[string]any{"id": population},
		"password":   map[string]any{"value": password, "forceChange": false},
		"lifecycle":  map[string]any{"status": "VERIFICATION_REQUIRED"},
	})
	if err != nil {
		return err
	}
	const mediaType = "application/vnd.pingidentity.user.import+json"
	return s.ask(http.MethodPost, api+"/users", token, mediaType, account, nil)
}

func (s *Shop) token(credentials Credentials, parameters url.Values) (string, error) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	basic := credentials.ID + ":" + credentials.Secret
	header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(basic)))
	var token struct {
		AccessToken string `json:"access_token"`
	}
	err := s.send(http.MethodPost, s.Issuer+"/token", header, []byte(parameters.Encode()), &token)
	return token.AccessToken, err
}

func (s *Shop) ask(method, address, token, mediaType string, body []byte, into any) error {
	header := http.Header{"Authorization": {"Bearer " + token}}
	if mediaType != "" {
		header.Set("Content-Type", mediaType)
	}
	return s.send(method, address, header, body, into)
}

// send sends a request, again when the server is busy, after the time that it asks for.
func (s *Shop) send(method, address string, header http.Header, body []byte, into any) error {
	for triesLeft := tries - 1; ; triesLeft-- {
		request, err := http.NewRequest(method, address, bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header = header
		response, err := s.HTTP.Do(request)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		switch {
		case err != nil:
			return err
		case response.StatusCode == http.StatusTooManyRequests && triesLeft > 0:
			seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
			if err != nil {
				return err
			}
			time.Sleep(time.Duration(seconds) * time.Second)
			continue
		case response.StatusCode == http.StatusUnauthorized:
			return ErrSignOnAgain
		case response.StatusCode >= 300:
			return fmt.Errorf("%s: %s %s", address, response.Status, text)
		case into == nil:
			return nil
		}
		return json.Unmarshal(text, into)
	}
}

func random() string {
	var bytes [32]byte
	if _, err := rand.Read(bytes[:]); err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(bytes[:])
}
