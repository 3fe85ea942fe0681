using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Orleans.Grains;

/// <summary>
/// What travels between nodes: JSON of the core's records. A member that one version does not know is passed over by it, so two versions
/// understand each other during a rolling upgrade.
/// </summary>
internal static class Wire
{
    private static readonly JsonSerializerOptions Options = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    public static byte[] Pack<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    public static T Unpack<T>(byte[] bytes) => JsonSerializer.Deserialize<T>(bytes, Options) ?? throw new InvalidDataException($"null where a {typeof(T).Name} was expected");

    public static Told[] Rows(byte[][] rows) => Array.ConvertAll(rows, Unpack<Told>);

    /// <summary>The grain that keeps a subject.</summary>
    public static ISubjectGrain Keeper(this IGrainFactory grains, Subject subject) => subject.Kind switch
    {
        SubjectKind.Ticket => grains.GetGrain<ITicketGrain>(subject.ToString()),
        SubjectKind.Contact => grains.GetGrain<IContactGrain>(subject.ToString()),
        SubjectKind.Callback => grains.GetGrain<ICallbackGrain>(subject.ToString()),
        SubjectKind.Agent => grains.GetGrain<IAgentGrain>(subject.ToString()),
        _ => grains.GetGrain<IOtherGrain>(subject.ToString()),
    };

    public static IInstallationGrain Installation(this IGrainFactory grains) => grains.GetGrain<IInstallationGrain>(0);
}
