package com.example.shop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the tests are about: a shop that signs its customers on at PingOne.
 *
 * <p>It is small, so that it can be read; one of your own leaves OpenID Connect to a library.
 */
final class Shop {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int TRIES = 3;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Those of an application at PingOne. */
    record Credentials(String id, String secret) {}

    /** The server asks for another sign-on. */
    static final class SignOnAgain extends IOException {
        private static final long serialVersionUID = 1;
    }

    private final HttpClient http;
    private final Credentials client;
    private final Credentials worker;
    private final String redirectUri;
    private final String issuer;
    private final String api;
    private final Map<String, String> verifiers = new HashMap<>();

    Shop(HttpClient http, Credentials client, Credentials worker, String redirectUri, String issuer, String api) {
        this.http = http;
        this.client = client;
        this.worker = worker;
        this.redirectUri = redirectUri;
        this.issuer = issuer;
        this.api = api;
    }

    /** Where the shop sends somebody who is not signed on. */
    URI beginSignOn() throws NoSuchAlgorithmException {
        String state = random();
        String verifier = random();
        verifiers.put(state, verifier);
        byte[] challenge = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
        return URI.create(issuer + "/authorize?" + form(Map.of(
                "response_type", "code",
                "client_id", client.id(),
                "redirect_uri", redirectUri,
                "scope", "openid profile email",
                "state", state,
                "code_challenge", base64(challenge),
                "code_challenge_method", "S256")));
    }

    /** The access token of whoever comes back to the redirect URI. */
    String endSignOn(URI location) throws IOException, InterruptedException {
        Map<String, String> answer = Arrays.stream(location.getRawQuery().split("&"))
                .map(parameter -> parameter.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> URLDecoder.decode(pair[1], StandardCharsets.UTF_8)));
        String verifier = verifiers.remove(answer.get("state"));
        if (verifier == null) {
            throw new IOException("nobody began this sign-on");
        }
        return token(client, Map.of(
                "grant_type", "authorization_code",
                "code", answer.get("code"),
                "redirect_uri", redirectUri,
                "code_verifier", verifier));
    }

    /** What the shop knows of whoever is signed on; nothing when they have to sign on again. */
    Optional<JsonNode> profile(String token) throws IOException, InterruptedException {
        try {
            return Optional.of(send(asking(issuer + "/userinfo", token)));
        } catch (SignOnAgain e) {
            return Optional.empty();
        }
    }

    /** Makes an account, whose owner gets a code by mail. */
    void register(String username, String email, String password) throws IOException, InterruptedException {
        String token = token(worker, Map.of("grant_type", "client_credentials"));
        String population = null;
        for (JsonNode one : send(asking(api + "/populations", token)).at("/_embedded/populations")) {
            if (one.path("default").asBoolean()) {
                population = one.get("id").asText();
            }
        }
        String account = JSON.writeValueAsString(Map.of(
                "username", username,
                "email", email,
                "population", Map.of("id", population),
                "password", Map.of("value", password, "forceChange", false),
                "lifecycle", Map.of("status", "VERIFICATION_REQUIRED")));
        send(asking(api + "/users", token)
                .header("Content-Type", "application/vnd.pingidentity.user.import+json")
                .POST(BodyPublishers.ofString(account)));
    }

    private String token(Credentials credentials, Map<String, String> parameters)
            throws IOException, InterruptedException {
        String basic = credentials.id() + ":" + credentials.secret();
        var request = HttpRequest.newBuilder(URI.create(issuer + "/token"))
                .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(basic.getBytes(StandardCharsets.UTF_8)))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(form(parameters)));
        return send(request).get("access_token").asText();
    }

    private static HttpRequest.Builder asking(String address, String token) {
        return HttpRequest.newBuilder(URI.create(address)).header("Authorization", "Bearer " + token);
    }

    /** Sends a request, again when the server is busy, after the time that it asks for. */
    private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
        for (int triesLeft = TRIES - 1; ; triesLeft--) {
            var response = http.send(request.timeout(TIMEOUT).build(), BodyHandlers.ofString());
            if (response.statusCode() == 429 && triesLeft > 0) {
                long seconds = response.headers().firstValueAsLong("Retry-After").orElseThrow();
                Thread.sleep(Duration.ofSeconds(seconds).toMillis());
            } else if (response.statusCode() == 401) {
                throw new SignOnAgain();
            } else if (response.statusCode() >= 300) {
                throw new IOException(response.uri() + ": " + response.statusCode() + " " + response.body());
            } else {
                return JSON.readTree(response.body());
            }
        }
    }

    private static String form(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    private static String random() {
        byte[] bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return base64(bytes);
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
