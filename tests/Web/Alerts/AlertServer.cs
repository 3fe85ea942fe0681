using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Alerts;

/// <summary>A server with a journal on which alerts are raised and dealt with: what the stories about acting on them have in common.</summary>
public abstract class AlertServer : IAsyncLifetime
{
    private RunningServer _server = null!;
    private string _act = "";

    /// <summary>A key that may send and read, and not act.</summary>
    protected string Sender { get; private set; } = "";

    protected IOpsHost Host => _server.Host;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync(prepare: Prepare);
        (_act, Sender) = (_server.Key("desk 4", KeyScope.Act), _server.Key("pbx", KeyScope.Ingest | KeyScope.Read));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>Before the first start.</summary>
    protected virtual void Prepare(string folder) { }

    protected Task Restart() => _server.RestartAsync();

    protected HttpClient Client => _server.Client;

    protected Task<JsonElement> Get(string path) => _server.GetAsync(path);

    /// <param name="key">null for one that may act, "" for none</param>
    protected async Task<(int Status, JsonElement Body)> Post(string path, object body, string? key = null)
    {
        var (status, answer) = await _server.SendAsync(HttpMethod.Post, path, JsonContent.Create(body), key ?? _act);
        return ((int)status, answer);
    }

    /// <summary>Says something by the door for events; hands back the code of the answer.</summary>
    protected async Task<string?> Forge(string json) =>
        (await _server.SendAsync(HttpMethod.Post, "/api/v1/events", new StringContent(json, Encoding.UTF8, "application/cloudevents+json"), Sender)).Body.GetProperty("code").GetString();

    /// <summary>The wall's cell of alarms.</summary>
    internal AlarmCell Cell() => (AlarmCell)Host.Read(t => BoardView.Build(t, _server.Get<BoardDirectory>(), Host.Now, "all", new BoardMemory(new TicketCensus()))).Cells[8];

    /// <summary>A complaint whose first response is overdue by a minute.</summary>
    protected async Task<Alert> Raised(string ticket)
    {
        await Host.OfferAsync([Story.Event(Host.Now - 16 * 60_000, $"ticket/{ticket}", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: "billing"), $"c-{ticket}")], default);
        return Host.Read(t => t.Alerts.All.Single(a => a.Due.Subject.Id == ticket && a.Due.Clock == "first_response" && a.Due.Rule == "clock_breach"));
    }
}
