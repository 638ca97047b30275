// Package latchkeytest gives tests a Latchkey of their own: started with a seed, told what to do,
// ended.
//
// Copy this folder into your module. Nothing but Go is needed, and the program latchkey, which
// LATCHKEY names or the PATH has.
package latchkeytest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	startWithin  = 30 * time.Second
	stopWithin   = 10 * time.Second
	answerWithin = 90 * time.Second // more than the minute for which one may wait for a mail
)

// Latchkey is a running environment.
type Latchkey struct {
	// Env is what the environment file says: addresses, ids, secrets, CA_FILE.
	Env map[string]string
	// Transport trusts the environment's certificate.
	Transport *http.Transport

	folder  string
	process *exec.Cmd
	ended   chan struct{}
}

// Start starts the program with a seed. Whoever starts it stops it.
func Start(seed string) (*Latchkey, error) {
	folder, err := os.MkdirTemp("", "latchkey-")
	if err != nil {
		return nil, err
	}
	l := &Latchkey{folder: folder, ended: make(chan struct{})}
	if err := l.start(seed); err != nil {
		l.Stop()
		return nil, err
	}
	return l, nil
}

func (l *Latchkey) start(seed string) error {
	program := os.Getenv("LATCHKEY")
	if program == "" {
		program = "latchkey"
	}
	envFile := filepath.Join(l.folder, "latchkey.env")
	log, err := os.Create(filepath.Join(l.folder, "latchkey.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	l.process = exec.Command(program, "up", "--ephemeral", "--stop-with-stdin", "--seed", seed,
		"--env-file", envFile, "--portal-listen", "localhost:0", "--idp-listen", "localhost:0", "--control-listen", "localhost:0")
	l.process.Stdout, l.process.Stderr = log, log
	// The pipe ends with this process, however it ends, and the program with the pipe.
	if _, err := l.process.StdinPipe(); err != nil {
		l.process = nil
		return err
	}
	if err := l.process.Start(); err != nil {
		l.process = nil
		return err
	}
	go func() {
		_ = l.process.Wait()
		close(l.ended)
	}()
	for latest := time.Now().Add(startWithin); time.Now().Before(latest); {
		select {
		case <-l.ended:
			output, _ := os.ReadFile(log.Name())
			return fmt.Errorf("latchkey did not start:\n%s", output)
		case <-time.After(10 * time.Millisecond):
		}
		// Once it is there it is complete, and the ports are about to open.
		text, err := os.ReadFile(envFile)
		if err != nil {
			continue
		}
		l.Env = readEnvFile(string(text))
		if l.control(http.MethodGet, "clock", nil, nil) == nil {
			return l.trust()
		}
	}
	return errors.New("latchkey was not ready in time")
}

func (l *Latchkey) trust() error {
	authority, err := os.ReadFile(l.Env["CA_FILE"])
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	l.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	return nil
}

// Stop ends the program.
func (l *Latchkey) Stop() {
	if l.process != nil {
		_ = l.process.Process.Signal(syscall.SIGTERM)
		select {
		case <-l.ended:
		case <-time.After(stopWithin):
			_ = l.process.Process.Kill()
			<-l.ended
		}
	}
	_ = os.RemoveAll(l.folder)
}

// Control sends a request to the control API, which docs/control.md describes, and reads the answer
// into something, unless that is nil.
func (l *Latchkey) Control(t testing.TB, method, path string, body, into any) {
	t.Helper()
	if err := l.control(method, path, body, into); err != nil {
		t.Fatal(err)
	}
}

func (l *Latchkey) control(method, path string, body, into any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, l.Env["CONTROL_URL"]+path, content)
	if err != nil {
		return err
	}
	return answer(http.DefaultClient, request, into)
}

// Reset makes everything as it was right after the start.
func (l *Latchkey) Reset(t testing.TB) {
	t.Helper()
	l.Control(t, http.MethodPost, "reset", nil, nil)
}

// Advance lets this much time pass at once.
func (l *Latchkey) Advance(t testing.TB, by time.Duration) {
	t.Helper()
	l.Control(t, http.MethodPost, "clock/advance", map[string]any{"seconds": int(by.Seconds())}, nil)
}

// SetClock makes this the present.
func (l *Latchkey) SetClock(t testing.TB, now time.Time) {
	t.Helper()
	l.Control(t, http.MethodPost, "clock/set", map[string]any{"now": now.UTC().Format(time.RFC3339)}, nil)
}

// Fault is how a request fails: Kind "status" with Status, "drop" and others.
type Fault struct {
	Kind              string `json:"kind"`
	Status            int    `json:"status,omitempty"`
	RetryAfterSeconds int    `json:"retryAfterSeconds,omitempty"`
	Milliseconds      int    `json:"milliseconds,omitempty"`
}

// Fail lets the next requests to a path fail.
func (l *Latchkey) Fail(t testing.TB, path string, times int, fault Fault) {
	t.Helper()
	body := map[string]any{"path": path, "times": times, "fault": fault}
	l.Control(t, http.MethodPost, "faults", body, nil)
}

// Mail is a mail that was sent.
type Mail struct{ ID, To, Subject, Text, HTML string }

var code = regexp.MustCompile(`(?m)^\s*([A-Z0-9]{8})\s*$`)

// Code is the code of the mail: the one line that is nothing else.
func (m Mail) Code(t testing.TB) string {
	t.Helper()
	found := code.FindStringSubmatch(m.Text)
	if found == nil {
		t.Fatalf("no code in: %s", m.Text)
	}
	return found[1]
}

// MailTo waits for the mail to this address.
func (l *Latchkey) MailTo(t testing.TB, address string) (mail Mail) {
	t.Helper()
	query := url.Values{"to": {address}, "seconds": {"10"}}
	l.Control(t, http.MethodGet, "mails/wait?"+query.Encode(), nil, &mail)
	return mail
}

// MailsTo gives the mails to this address so far.
func (l *Latchkey) MailsTo(t testing.TB, address string) (mails []Mail) {
	t.Helper()
	l.Control(t, http.MethodGet, "mails?"+url.Values{"to": {address}}.Encode(), nil, &mails)
	return mails
}

// Request is a request that came in; without a status where the connection was dropped.
type Request struct {
	At           time.Time
	Method, Path string
	Status       int
}

// Requests gives what came in so far to a path, oldest first.
func (l *Latchkey) Requests(t testing.TB, path string) (requests []Request) {
	t.Helper()
	l.Control(t, http.MethodGet, "requests?"+url.Values{"path": {path}}.Encode(), nil, &requests)
	return requests
}

// Browser signs somebody on as their browser would, by PingOne's flow API instead of the pages.
type Browser struct {
	client http.Client
	issuer string
	flow   string
}

// Browser gives a new one, without cookies.
func (l *Latchkey) Browser() *Browser {
	jar, _ := cookiejar.New(nil) // fails for options alone, of which there are none
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := http.Client{Transport: l.Transport, Jar: jar, CheckRedirect: stay, Timeout: answerWithin}
	return &Browser{client: client, issuer: l.Env["ISSUER"]}
}

// Open follows a link of the application to the sign-on page.
func (b *Browser) Open(t testing.TB, address string) {
	t.Helper()
	flow := b.location(t, address).Query().Get("flowId")
	b.flow = strings.TrimSuffix(b.issuer, "/as") + "/flows/" + flow
}

// Flow is where a sign-on stands.
type Flow struct{ Status, ResumeURL string }

// Do takes a step of the sign-on, such as usernamePassword.check.
func (b *Browser) Do(t testing.TB, action string, body map[string]string) (flow Flow) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, b.flow, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/vnd.pingidentity."+action+"+json")
	if err := answer(&b.client, request, &flow); err != nil {
		t.Fatal(err)
	}
	return flow
}

// SignOn gives a username and a password.
func (b *Browser) SignOn(t testing.TB, username, password string) Flow {
	t.Helper()
	return b.Do(t, "usernamePassword.check", map[string]string{"username": username, "password": password})
}

// ReturnToApplication tells where a sign-on that is COMPLETED leads: the redirect URI, with the code.
func (b *Browser) ReturnToApplication(t testing.TB, flow Flow) *url.URL {
	t.Helper()
	if flow.Status != "COMPLETED" {
		t.Fatalf("not signed on: %+v", flow)
	}
	return b.location(t, flow.ResumeURL)
}

func (b *Browser) location(t testing.TB, address string) *url.URL {
	t.Helper()
	response, err := b.client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	location, err := response.Location()
	if err != nil {
		text, _ := io.ReadAll(response.Body)
		t.Fatalf("no redirect: %s %s", response.Status, text)
	}
	return location
}

func answer(client *http.Client, request *http.Request, into any) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s %s", request.Method, request.URL, response.Status, text)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

func readEnvFile(text string) map[string]string {
	env := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		name, value, _ := strings.Cut(line, "=")
		if strings.HasPrefix(value, "'") {
			value = strings.TrimSuffix(strings.TrimPrefix(value, "'"), "'")
			value = strings.ReplaceAll(value, `'\''`, "'")
		}
		env[name] = value
	}
	return env
}
