using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace OpsMonitor.Tests.Processes;

/// <summary>Talks to a server as an integration does.</summary>
internal static class ServerClient
{
    public static HttpClient With(Uri root, string key) => new()
    {
        BaseAddress = root,
        Timeout = TimeSpan.FromSeconds(60),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };

    /// <summary>Posts structured events, one JSON object each, as one batch. None of them may be refused.</summary>
    /// <exception cref="HttpRequestException">the server went away; whether the batch was kept is unknown</exception>
    public static async Task<(int Accepted, int Duplicate)> PostAsync(HttpClient client, IEnumerable<string> events)
    {
        using var content = new StringContent($"[{string.Join(',', events)}]", Encoding.UTF8, "application/cloudevents-batch+json");
        using var response = await client.PostAsync(new Uri("/api/v1/events", UriKind.Relative), content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        using var answer = JsonDocument.Parse(text);
        Assert.Equal(0, answer.RootElement.GetProperty("rejected").GetInt32());
        return (answer.RootElement.GetProperty("accepted").GetInt32(), answer.RootElement.GetProperty("duplicate").GetInt32());
    }

    public static async Task<JsonElement> GetAsync(HttpClient client, string path) =>
        JsonElement.Parse(await client.GetStringAsync(new Uri(path, UriKind.Relative)));
}
