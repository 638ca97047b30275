package com.example.shop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A Latchkey of its own for a test run: started with a seed, told what to do, ended.
 *
 * <p>Copy this class and {@link LatchkeyExtension} beside your tests. They need JUnit 5 and Jackson,
 * and the program {@code latchkey}, which LATCHKEY names or the PATH has.
 */
final class Latchkey {
    private static final Duration START_WITHIN = Duration.ofSeconds(30);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(10);
    // More than the minute for which one may wait for a mail.
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(90);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern ASSIGNMENT = Pattern.compile("(?m)^([A-Z_]+)=(?:'(.*)'|(.*))$");
    private static final Pattern CODE = Pattern.compile("(?m)^\\s*([A-Z0-9]{8})\\s*$");

    private final HttpClient plain = HttpClient.newHttpClient();
    private final Path folder;
    private final Process process;
    private Map<String, String> env;
    private SSLContext trust;

    /** Starts the program and waits until it is ready. */
    Latchkey(Path seed) throws IOException, InterruptedException, GeneralSecurityException {
        folder = Files.createTempDirectory("latchkey-");
        Path envFile = folder.resolve("latchkey.env");
        Path log = folder.resolve("latchkey.log");
        String program = System.getenv().getOrDefault("LATCHKEY", "latchkey");
        // Its standard input is a pipe, which ends with this process however it ends, and the program
        // with the pipe.
        process = new ProcessBuilder(program, "up", "--ephemeral", "--stop-with-stdin", "--seed", seed.toString(),
                        "--env-file", envFile.toString(), "--portal-listen", "localhost:0",
                        "--idp-listen", "localhost:0", "--control-listen", "localhost:0")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        // At once when nobody closes this, because the tests were interrupted.
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        try {
            waitUntilReady(envFile, log);
            trust = trusting(Path.of(env("CA_FILE")));
        } catch (Exception e) {
            close();
            throw e;
        }
    }

    private void waitUntilReady(Path envFile, Path log) throws IOException, InterruptedException {
        for (long latest = System.nanoTime() + START_WITHIN.toNanos(); System.nanoTime() < latest; ) {
            if (process.waitFor(10, TimeUnit.MILLISECONDS)) {
                break;
            }
            if (!Files.exists(envFile)) {
                continue;
            }
            // Once it is there it is complete, and the ports are about to open.
            env = readEnvFile(Files.readString(envFile));
            try {
                control("GET", "clock", null);
                return;
            } catch (java.net.ConnectException e) {
                // Not yet.
            }
        }
        throw new IOException("latchkey did not start:\n" + Files.readString(log));
    }

    /** Ends the program. */
    void close() throws IOException, InterruptedException {
        process.destroy();
        if (!process.waitFor(STOP_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
    }

    /** What the environment file says: addresses, ids, secrets, CA_FILE. */
    String env(String name) {
        return env.get(name);
    }

    /** Trusts the environment's certificate. */
    SSLContext trust() {
        return trust;
    }

    /** A request to the control API, which docs/control.md describes; its answer, if any. */
    JsonNode control(String method, String path, Object body) throws IOException, InterruptedException {
        var content = body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(JSON.writeValueAsString(body));
        var request = HttpRequest.newBuilder(URI.create(env("CONTROL_URL") + path))
                .method(method, content)
                .timeout(ANSWER_WITHIN)
                .build();
        return answer(plain.send(request, BodyHandlers.ofString()));
    }

    /** Everything is as right after the start. */
    void reset() throws IOException, InterruptedException {
        control("POST", "reset", null);
    }

    /** Lets this much time pass at once. */
    void advance(Duration by) throws IOException, InterruptedException {
        control("POST", "clock/advance", Map.of("seconds", by.toSeconds()));
    }

    /** Makes this the present. */
    void setClock(Instant now) throws IOException, InterruptedException {
        control("POST", "clock/set", Map.of("now", now.toString()));
    }

    /** Lets the next requests to a path fail, such as {@code Map.of("kind", "status", "status", 503)}. */
    void fail(String path, int times, Map<String, ?> fault) throws IOException, InterruptedException {
        control("POST", "faults", Map.of("path", path, "times", times, "fault", fault));
    }

    /** The mail to this address, as soon as there is one. */
    JsonNode mailTo(String address) throws IOException, InterruptedException {
        return control("GET", "mails/wait?seconds=10&to=" + encoded(address), null);
    }

    /** The mails to this address so far. */
    JsonNode mailsTo(String address) throws IOException, InterruptedException {
        return control("GET", "mails?to=" + encoded(address), null);
    }

    /** The code of a mail: the one line that is nothing else. */
    static String codeIn(JsonNode mail) {
        return CODE.matcher(mail.get("text").asText()).results().findFirst().orElseThrow().group(1);
    }

    /** What came in so far to a path, oldest first. */
    JsonNode requests(String path) throws IOException, InterruptedException {
        return control("GET", "requests?path=" + encoded(path), null);
    }

    Browser browser() {
        return new Browser();
    }

    /** Signs somebody on as their browser would, by PingOne's flow API instead of the pages. */
    final class Browser {
        private final HttpClient client = HttpClient.newBuilder().sslContext(trust).build();
        private final Map<String, String> cookies = new HashMap<>();
        private URI flow;

        /** Follows a link of the application to the sign-on page. */
        void open(URI address) throws IOException, InterruptedException {
            String query = location(address).getQuery();
            String id = query.replaceFirst("^(?:.*&)?flowId=([^&]*).*$", "$1");
            flow = URI.create(env("ISSUER").replaceFirst("/as$", "") + "/flows/" + id);
        }

        /** Takes a step of the sign-on, such as usernamePassword.check; what the flow says now. */
        JsonNode act(String action, Map<String, String> body) throws IOException, InterruptedException {
            var request = HttpRequest.newBuilder(flow)
                    .header("Content-Type", "application/vnd.pingidentity." + action + "+json")
                    .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)));
            return answer(send(request));
        }

        JsonNode signOn(String username, String password) throws IOException, InterruptedException {
            return act("usernamePassword.check", Map.of("username", username, "password", password));
        }

        /** Where a sign-on that is COMPLETED leads: the redirect URI, with the code. */
        URI returnToApplication(JsonNode flow) throws IOException, InterruptedException {
            if (!flow.get("status").asText().equals("COMPLETED")) {
                throw new AssertionError("not signed on: " + flow);
            }
            return location(URI.create(flow.get("resumeUrl").asText()));
        }

        private URI location(URI address) throws IOException, InterruptedException {
            var response = send(HttpRequest.newBuilder(address));
            String location = response.headers().firstValue("Location").orElseThrow(
                    () -> new AssertionError("no redirect: " + response.statusCode() + " " + response.body()));
            return address.resolve(location);
        }

        /** Java's own cookies put values in quotation marks that servers do not expect. */
        private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
            String pairs = cookies.entrySet().stream().map(Object::toString).collect(Collectors.joining("; "));
            if (!pairs.isEmpty()) {
                request.header("Cookie", pairs);
            }
            var response = client.send(request.timeout(ANSWER_WITHIN).build(), BodyHandlers.ofString());
            for (String cookie : response.headers().allValues("Set-Cookie")) {
                String[] pair = cookie.split(";", 2)[0].split("=", 2);
                cookies.put(pair[0], pair[1]);
            }
            return response;
        }
    }

    private static JsonNode answer(HttpResponse<String> response) throws IOException {
        if (response.statusCode() >= 300) {
            throw new IOException(response.uri() + ": " + response.statusCode() + " " + response.body());
        }
        return JSON.readTree(response.body());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static Map<String, String> readEnvFile(String text) {
        var env = new HashMap<String, String>();
        ASSIGNMENT.matcher(text).results().forEach(line -> {
            String quoted = line.group(2);
            env.put(line.group(1), quoted == null ? line.group(3) : quoted.replace("'\\''", "'"));
        });
        return env;
    }

    /** A context that trusts the authority of a PEM file, and no other. */
    private static SSLContext trusting(Path authority) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream pem = Files.newInputStream(authority)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
