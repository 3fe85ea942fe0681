using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Vault;
using OpsMonitor.Tests.Silo.Local;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Tests.Web.Channels;

/// <summary>Rows as the journal's outbox gives them: until they are marked, again.</summary>
internal sealed class ListRows : IOutsideRows
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, OutboxEntry> _rows = [];
    private long _id;

    /// <summary>How many calls of <see cref="Sent"/> are lost, as by a crash before the mark.</summary>
    public int MarksLost { get; set; }

    public int Left { get { lock (_gate) return _rows.Count; } }

    public void Add(OutboxRow row)
    {
        lock (_gate) _rows[++_id] = new(_id, _id, 0, 0, row);
    }

    public IReadOnlyList<OutboxEntry> Take(int limit)
    {
        lock (_gate) return [.. _rows.Values.Take(limit)];
    }

    public void Sent(IEnumerable<long> ids)
    {
        if (MarksLost-- > 0) throw new IOException("killed before the mark");
        lock (_gate)
            foreach (var id in ids) _rows.Remove(id);
    }
}

/// <summary>A courier with all that it needs, on a folder of its own, a clock that a test sets, and real connections.</summary>
internal sealed class CourierDesk : IAsyncDisposable
{
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static readonly StartState Start = StartState.Read(null, ReferenceData.Empty);

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-channels-").FullName;
    private readonly OneMachine _host;
    private HttpSender? _http;
    private Courier? _courier;

    public CourierDesk(string yaml)
    {
        File.WriteAllText(Path.Combine(_folder, ChannelReader.FileName), yaml);
        _host = new(LocalHost.Open(new(null, Start.SetWith([])), Clock, static _ => { }));
        Store = new(_folder, _host, Start);
        Table = Open();
    }

    public SetClock Clock { get; } = new();

    public ListRows Rows { get; } = new();

    public ChannelStore Store { get; }

    public LetterTable Table { get; private set; }

    public SecretBox Secrets => new(Table, VaultKey.OpenOrCreate(Path.Combine(_folder, "channels.key"), true));

    public Courier Courier => _courier!;

    public string Folder => _folder;

    public static IReadOnlyDictionary<string, OpsMonitor.Grains.Calendars.BusinessCalendar> Calendars => Start.With([]).Calendars.ById;

    private LetterTable Open() => new(Path.Combine(_folder, "channels.db"));

    /// <param name="wrap">puts something between the courier and the wire</param>
    public async Task RunAsync(Func<ISender, ISender>? wrap = null, int atOnce = 16, double drainS = 5)
    {
        _http = new HttpSender(new GuardedDialer(() => Store.Current().Settings.Allow));
        ISender sender = new Sender(new MessageText(new BoardDirectory(ReferenceData.Empty)), Secrets, _http, new MailSender(new GuardedDialer(() => Store.Current().Settings.Allow)));
        _courier = new(Rows, Store, Table, wrap?.Invoke(sender) ?? sender, Clock, NullLogger<Courier>.Instance, new(TimeSpan.FromSeconds(drainS), atOnce));
        await _courier.StartAsync(default);
    }

    public DeadMan DeadMan() => new(
        _host, Store, Table, new Sender(new MessageText(new BoardDirectory(ReferenceData.Empty)), Secrets, _http!, new MailSender(new GuardedDialer(() => Store.Current().Settings.Allow))), Courier, Clock, NullLogger<DeadMan>.Instance);

    /// <summary>Ends the courier and closes its file; what it did not keep is forgotten.</summary>
    public async Task StopAsync()
    {
        if (_courier is null) return;
        await _courier.StopAsync(default);
        _courier.Dispose();
        _http!.Dispose();
        (_courier, _http) = (null, null);
    }

    public async Task CrashAsync()
    {
        await StopAsync();
        Table.Dispose();
        Table = Open();
    }

    /// <summary>Lets time pass, without waiting for it, until a condition holds: from one due letter to the next.</summary>
    /// <param name="held">what is due waits for something else, such as its channel: time passes all the same, a second at a time</param>
    public async Task UntilAsync(Func<bool> done, double withinS = 60, bool held = false)
    {
        for (var end = DateTime.UtcNow.AddSeconds(withinS); !done();)
        {
            if (DateTime.UtcNow > end) throw new TimeoutException($"waiting: {string.Join(", ", Table.ChannelsThatWait().Select(c => $"{c} {Table.Count(c, LetterState.Waiting)}"))}; rows {Rows.Left}");
            var next = Table.ChannelsThatWait().Select(Table.NextAt).Min();
            if (next > Clock.NowMs) Clock.Ahead += TimeSpan.FromMilliseconds(next.Value - Clock.NowMs);
            else if (held) Clock.Ahead += TimeSpan.FromSeconds(1);
            _courier?.Wake();
            await Task.Delay(held ? 100 : 5);
        }
    }

    public static OutboxRow Row(int n, long at, string level = "red", AlertState state = AlertState.Raised, string hold = "open", string[]? taken = null, string department = "billing", long? since = null, long? noticed = null, string? mute = null, string? next = null)
    {
        var payload = new Dictionary<string, object>
        {
            ["subject"] = $"ticket/T-{n}", ["rule"] = level == "red" ? "clock_breach" : "clock_warning", ["rule_version"] = 1, ["clock"] = "first_response", ["level"] = level, ["department"] = department,
            ["due_at"] = 1_000, ["raised_at"] = 1_000, ["noticed_at"] = noticed ?? 1_000, ["since"] = since ?? 1_000, ["hold"] = hold, ["taken"] = taken ?? ["owner"],
        };
        if (mute is not null) (payload["mute"], payload["next"]) = (mute, next!);
        return new(OutboxRow.Outside, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{n}")).AsSpan(0, 16)), $"BIL-{n}", state, at, JsonSerializer.SerializeToUtf8Bytes(payload));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Table.Dispose();
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
