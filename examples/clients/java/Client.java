import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Gets an access token for the worker application and counts the users of the environment.
 *
 * <p>Wants AUTH_URL, API_URL, ENVIRONMENT_ID, WORKER_CLIENT_ID, WORKER_CLIENT_SECRET and CA_FILE.
 * Nothing but the JDK is needed: {@code java Client.java}.
 */
public class Client {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** A context that trusts the authority of a PEM file, and no other. */
    private static SSLContext trusting(Path authority) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream pem = Files.newInputStream(authority)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private static String answer(HttpClient client, HttpRequest request) throws Exception {
        var response = client.send(request, BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(request.uri() + ": " + response.statusCode());
        }
        return response.body();
    }

    /** The first group of a pattern; a program of its own would read JSON with a library. */
    private static String find(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        return matcher.find() ? matcher.group(1) : null;
    }

    public static void main(String[] arguments) throws Exception {
        var env = System.getenv();
        HttpClient client = HttpClient.newBuilder()
                .sslContext(trusting(Path.of(env.get("CA_FILE"))))
                .connectTimeout(TIMEOUT)
                .build();
        String worker = env.get("WORKER_CLIENT_ID") + ":" + env.get("WORKER_CLIENT_SECRET");
        HttpRequest tokenRequest = HttpRequest.newBuilder(
                        URI.create(env.get("AUTH_URL") + env.get("ENVIRONMENT_ID") + "/as/token"))
                .timeout(TIMEOUT)
                .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(worker.getBytes()))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))
                .build();
        String token = find("\"access_token\"\\s*:\\s*\"([^\"]+)\"", answer(client, tokenRequest));

        int count = 0;
        String next = env.get("API_URL") + "environments/" + env.get("ENVIRONMENT_ID") + "/users?limit=100";
        while (next != null) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(next))
                    .timeout(TIMEOUT)
                    .header("Authorization", "Bearer " + token)
                    .build();
            String page = answer(client, request);
            count += Integer.parseInt(find("\"size\"\\s*:\\s*(\\d+)", page));
            next = find("\"next\"\\s*:\\s*\\{\\s*\"href\"\\s*:\\s*\"([^\"]+)\"", page);
        }
        System.out.println("users: " + count);
    }
}
