// Gets an access token for the worker application and counts the users of the environment.
//
// Wants AUTH_URL, API_URL, ENVIRONMENT_ID, WORKER_CLIENT_ID and WORKER_CLIENT_SECRET, and trusts the
// authorities of the runtime's store: .NET on Linux those that SSL_CERT_FILE names, Mono those that
// cert-sync has put there. Nothing but the framework is needed. The code is kept to what both have.

using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Json;
using System.Text;
using System.Threading.Tasks;

[DataContract]
class Token
{
    [DataMember(Name = "access_token")]
    public string AccessToken { get; set; }
}

/// <summary>A part of a collection; it says where the next one is.</summary>
[DataContract]
class Page
{
    [DataMember(Name = "_links")]
    public Links Links { get; set; }

    [DataMember(Name = "_embedded")]
    public Embedded Embedded { get; set; }
}

[DataContract]
class Links
{
    [DataMember(Name = "next")]
    public Link Next { get; set; }
}

[DataContract]
class Link
{
    [DataMember(Name = "href")]
    public string Href { get; set; }
}

[DataContract]
class Embedded
{
    [DataMember(Name = "users")]
    public List<User> Users { get; set; }
}

[DataContract]
class User
{
    [DataMember(Name = "username")]
    public string Username { get; set; }
}

static class Program
{
    static readonly HttpClient Client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };

    static string Variable(string name)
    {
        return Environment.GetEnvironmentVariable(name)
            ?? throw new InvalidOperationException($"{name} is not set");
    }

    static async Task<T> Answer<T>(HttpRequestMessage request)
    {
        using (var response = await Client.SendAsync(request))
        {
            response.EnsureSuccessStatusCode();
            using (var body = await response.Content.ReadAsStreamAsync())
            {
                return (T)new DataContractJsonSerializer(typeof(T)).ReadObject(body);
            }
        }
    }

    static async Task<string> AccessToken()
    {
        var worker = Encoding.UTF8.GetBytes($"{Variable("WORKER_CLIENT_ID")}:{Variable("WORKER_CLIENT_SECRET")}");
        var address = $"{Variable("AUTH_URL")}{Variable("ENVIRONMENT_ID")}/as/token";
        using (var request = new HttpRequestMessage(HttpMethod.Post, address))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(worker));
            request.Content = new FormUrlEncodedContent(
                new Dictionary<string, string> { ["grant_type"] = "client_credentials" });
            return (await Answer<Token>(request)).AccessToken;
        }
    }

    static async Task<int> CountUsers()
    {
        var token = await AccessToken();
        var count = 0;
        var next = $"{Variable("API_URL")}environments/{Variable("ENVIRONMENT_ID")}/users?limit=100";
        while (next != null)
        {
            using (var request = new HttpRequestMessage(HttpMethod.Get, next))
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                var page = await Answer<Page>(request);
                count += page.Embedded.Users.Count;
                next = page.Links.Next?.Href;
            }
        }
        return count;
    }

    static void Main()
    {
        Console.WriteLine($"users: {CountUsers().GetAwaiter().GetResult()}");
    }
}
