// Gets an access token for the worker application and counts the users of the environment.
//
// Wants AUTH_URL, API_URL, ENVIRONMENT_ID, WORKER_CLIENT_ID and WORKER_CLIENT_SECRET, and trusts the
// authority that SSL_CERT_FILE names. Nothing but the standard library is needed.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

var client = http.Client{Timeout: 30 * time.Second}

func answer(request *http.Request, into any) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", request.URL, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

func accessToken() (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	address := os.Getenv("AUTH_URL") + os.Getenv("ENVIRONMENT_ID") + "/as/token"
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.SetBasicAuth(os.Getenv("WORKER_CLIENT_ID"), os.Getenv("WORKER_CLIENT_SECRET"))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var token struct {
		AccessToken string `json:"access_token"`
	}
	err = answer(request, &token)
	return token.AccessToken, err
}

// page is a part of a collection; it says where the next one is.
type page struct {
	Links struct {
		Next struct{ Href string } `json:"next"`
	} `json:"_links"`
	Embedded struct{ Users []json.RawMessage } `json:"_embedded"`
}

func main() {
	token, err := accessToken()
	if err != nil {
		log.Fatal(err)
	}
	count := 0
	next := os.Getenv("API_URL") + "environments/" + os.Getenv("ENVIRONMENT_ID") + "/users?limit=100"
	for next != "" {
		request, err := http.NewRequest(http.MethodGet, next, nil)
		if err != nil {
			log.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		var users page
		if err := answer(request, &users); err != nil {
			log.Fatal(err)
		}
		count += len(users.Embedded.Users)
		next = users.Links.Next.Href
	}
	fmt.Println("users:", count)
}
