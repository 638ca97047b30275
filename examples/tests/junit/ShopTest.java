package com.example.shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LatchkeyExtension.class)
class ShopTest {
    // As examples/seed.toml says.
    private static final String ADA = "5b0d7f9c-3f54-4d0c-9a53-0d2b6c7f1e03";
    private static final Shop.Credentials CLIENT =
            new Shop.Credentials("5b0d7f9c-3f54-4d0c-9a53-0d2b6c7f1e02", "shop-secret-of-the-example");

    private final Latchkey latchkey;
    private Shop shop;

    ShopTest(Latchkey latchkey) {
        this.latchkey = latchkey;
    }

    @BeforeEach
    void open() {
        shop = new Shop(
                HttpClient.newBuilder().sslContext(latchkey.trust()).build(),
                CLIENT,
                new Shop.Credentials(latchkey.env("WORKER_CLIENT_ID"), latchkey.env("WORKER_CLIENT_SECRET")),
                "http://localhost:3000/callback",
                latchkey.env("ISSUER"),
                latchkey.env("API_URL") + "environments/" + latchkey.env("ENVIRONMENT_ID"));
    }

    private String signOn(String username, String password) throws Exception {
        var browser = latchkey.browser();
        browser.open(shop.beginSignOn());
        JsonNode flow = browser.signOn(username, password);
        return shop.endSignOn(browser.returnToApplication(flow));
    }

    @Test
    void aCustomerOfTheSeedSignsOn() throws Exception {
        JsonNode profile = shop.profile(signOn("ada", "Sunny-Harbour-42")).orElseThrow();
        assertEquals(ADA, profile.get("sub").asText());
        assertEquals("ada@shop.example", profile.get("email").asText());
    }

    @Test
    void aNewcomerProvesTheAddressByTheCodeOfAMail() throws Exception {
        shop.register("grace", "grace@shop.example", "Bright-Compass-19");
        var browser = latchkey.browser();
        browser.open(shop.beginSignOn());
        JsonNode flow = browser.signOn("grace", "Bright-Compass-19");
        assertEquals("VERIFICATION_CODE_REQUIRED", flow.get("status").asText());
        String code = Latchkey.codeIn(latchkey.mailTo("grace@shop.example"));
        flow = browser.act("user.verify", Map.of("verificationCode", code));
        String token = shop.endSignOn(browser.returnToApplication(flow));
        assertEquals("grace@shop.example", shop.profile(token).orElseThrow().get("email").asText());
    }

    @Test
    void nobodyStaysSignedOnLongerThanATokenLasts() throws Exception {
        String token = signOn("ada", "Sunny-Harbour-42");
        latchkey.advance(Duration.ofMinutes(59));
        assertTrue(shop.profile(token).isPresent());
        latchkey.advance(Duration.ofMinutes(2));
        assertEquals(Optional.empty(), shop.profile(token));
    }

    @Test
    void theShopWaitsAsLongAsABusyServerAsks() throws Exception {
        String token = signOn("ada", "Sunny-Harbour-42");
        String path = "/{environment}/as/userinfo";
        latchkey.fail(path, 1, Map.of("kind", "status", "status", 429, "retryAfterSeconds", 1));
        assertEquals(ADA, shop.profile(token).orElseThrow().get("sub").asText());
        JsonNode seen = latchkey.requests(path);
        assertEquals(2, seen.size());
        assertEquals(429, seen.at("/0/status").asInt());
        assertEquals(200, seen.at("/1/status").asInt());
        Instant first = Instant.parse(seen.at("/0/at").asText());
        Instant second = Instant.parse(seen.at("/1/at").asText());
        assertTrue(Duration.between(first, second).toMillis() >= 1000);
    }

    @Test
    void everyTestBeginsWithoutWhatOthersDid() throws Exception {
        // The newcomer of the test above can register again, and there is no mail for them yet.
        assertEquals(0, latchkey.mailsTo("grace@shop.example").size());
        shop.register("grace", "grace@shop.example", "Bright-Compass-19");
    }
}
