using System.Text.Json;
using OpsMonitor.Silo.Orleans.Grains;
using Orleans.Storage;

namespace OpsMonitor.Silo.Orleans.Storage;

/// <summary>Where a cluster keeps what it must not lose, and finds its members. One small file for each kind of storage.</summary>
internal static class Store
{
    /// <summary>The name under which every grain asks for its storage.</summary>
    public const string Name = "opsmonitor";

    /// <exception cref="ArgumentException">no such kind</exception>
    public static void UseStore(this ISiloBuilder silo, string kind, string connection)
    {
        switch (kind)
        {
            case "azure": AzureStore.Use(silo, connection); break;
            case "postgres": PostgresStore.Use(silo, connection); break;
            default: throw new ArgumentException($"'{kind}' is no kind of storage; there are azure and postgres", nameof(kind));
        }
    }
}

/// <summary>Own bytes for subjects, JSON for the few small states: nothing in the storage depends on a serializer's moods.</summary>
internal sealed class StoreBytes : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T input) => BinaryData.FromBytes(input is SubjectState subject ? subject.ToBytes() : JsonSerializer.SerializeToUtf8Bytes(input));

    public T Deserialize<T>(BinaryData input) => typeof(T) == typeof(SubjectState)
        ? (T)(object)SubjectState.FromBytes(input.ToMemory())
        : JsonSerializer.Deserialize<T>(input) ?? throw new InvalidDataException($"null where a {typeof(T).Name} was expected");
}
