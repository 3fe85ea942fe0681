using System.Buffers;
using System.Globalization;
using System.Text.Json;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Demo;

/// <summary>Turns what the simulation says into events: id, sequence (per source, without gaps) and the bytes as a sender would have written them.</summary>
internal sealed class EventLog(int seed, Agenda agenda)
{
    /// <summary>The telephone system: contacts and agents.</summary>
    public const string Pbx = "pbx";

    /// <summary>The case system: tickets, callbacks and surveys.</summary>
    public const string Crm = "crm";

    private static readonly IReadOnlyDictionary<Type, string> Names = EventTypes.All.ToDictionary(pair => pair.Value, pair => pair.Key);

    private readonly ArrayBufferWriter<byte> _bytes = new(1024);
    private readonly string _idPrefix = $"demo-{seed.ToString(CultureInfo.InvariantCulture)}-";
    private long _pbxSequence, _crmSequence;

    /// <summary>Said and not yet handed out, in time order.</summary>
    public Queue<Event> Pending { get; } = new();

    public void Contact(string id, EventData data, string? department = null) => Say(Pbx, SubjectKind.Contact, id, data, department);

    public void Agent(string id, EventData data, string? department = null) => Say(Pbx, SubjectKind.Agent, id, data, department);

    public void Ticket(string id, EventData data, string? department = null) => Say(Crm, SubjectKind.Ticket, id, data, department);

    public void Callback(string id, EventData data, string? department = null) => Say(Crm, SubjectKind.Callback, id, data, department);

    public void Survey(string id, EventData data) => Say(Crm, SubjectKind.Survey, id, data, null);

    public void Heartbeat(string source) => Say(source, SubjectKind.Source, source, new SourceHeartbeat("demo"), null);

    /// <summary>Unix milliseconds as RFC 3339 in UTC.</summary>
    public static string Rfc3339(long at) =>
        DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private void Say(string source, SubjectKind kind, string subjectId, EventData data, string? department)
    {
        var sequence = source == Pbx ? ++_pbxSequence : ++_crmSequence;
        var id = $"{_idPrefix}{source}-{sequence.ToString(CultureInfo.InvariantCulture)}";
        var type = Names[data.GetType()];
        var subject = new Subject(kind, subjectId);
        Pending.Enqueue(new(source, id, type, agenda.Now, subject, sequence, department, data, Write(source, id, type, subject, sequence, data)));
    }

    private byte[] Write(string source, string id, string type, Subject subject, long sequence, EventData data)
    {
        _bytes.ResetWrittenCount();
        using var json = new Utf8JsonWriter(_bytes);
        json.WriteStartObject();
        json.WriteString("specversion", "1.0");
        json.WriteString("id", id);
        json.WriteString("source", source);
        json.WriteString("type", type);
        json.WriteString("time", Rfc3339(agenda.Now));
        json.WriteString("subject", subject.ToString());
        json.WriteNumber("sequence", sequence);
        json.WritePropertyName("data");
        JsonSerializer.Serialize(json, data, data.GetType(), EventJson.Default);
        json.WriteEndObject();
        json.Flush();
        return _bytes.WrittenSpan.ToArray();
    }
}
