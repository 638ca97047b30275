// Gets an access token for the worker application and counts the users of the environment.
//
// Wants AUTH_URL, API_URL, ENVIRONMENT_ID, WORKER_CLIENT_ID and WORKER_CLIENT_SECRET; on Linux it
// trusts the authority that SSL_CERT_FILE names. Nothing but the framework is needed.

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

static string Variable(string name) =>
    Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set");

using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };

async Task<JsonElement> Answer(HttpRequestMessage request)
{
    using var response = await client.SendAsync(request);
    response.EnsureSuccessStatusCode();
    using var document = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync());
    return document.RootElement.Clone();
}

async Task<string> AccessToken()
{
    var worker = Encoding.UTF8.GetBytes($"{Variable("WORKER_CLIENT_ID")}:{Variable("WORKER_CLIENT_SECRET")}");
    var address = $"{Variable("AUTH_URL")}{Variable("ENVIRONMENT_ID")}/as/token";
    using var request = new HttpRequestMessage(HttpMethod.Post, address);
    request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(worker));
    request.Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials" });
    return (await Answer(request)).GetProperty("access_token").GetString()!;
}

var token = await AccessToken();
var count = 0;
string? next = $"{Variable("API_URL")}environments/{Variable("ENVIRONMENT_ID")}/users?limit=100";
while (next is not null)
{
    using var request = new HttpRequestMessage(HttpMethod.Get, next);
    request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
    var page = await Answer(request);
    count += page.GetProperty("_embedded").GetProperty("users").GetArrayLength();
    next = page.GetProperty("_links").TryGetProperty("next", out var link) ? link.GetProperty("href").GetString() : null;
}
Console.WriteLine($"users: {count}");
