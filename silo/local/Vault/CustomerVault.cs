using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace OpsMonitor.Silo.Local.Vault;

/// <summary>Who a customer is, as far as a sender said. Null for what nobody said.</summary>
public sealed record PersonalData(string? Name, string? Phone, string? Email);

/// <summary>
/// Personal data apart from everything else: <c>vault.db</c>, AES-GCM with a key for each customer, those keys wrapped by <c>vault.key</c>.
/// Not even the customers' references stand in it in clear. Erasing deletes row and key. (spec: security, personal data)
/// Safe to call from several threads and processes; calls take turns.
/// </summary>
public sealed class CustomerVault : IDisposable
{
    private readonly Lock _gate = new();
    private readonly VaultKey _key;
    private readonly SqliteConnection _connection;

    private CustomerVault(VaultKey key, SqliteConnection connection) => (_key, _connection) = (key, connection);

    /// <summary>Opens the vault in a folder, or begins an empty one.</summary>
    /// <exception cref="InvalidDataException">vault.db is there and vault.key is missing or damaged: nobody can read it without</exception>
    /// <exception cref="SqliteException">vault.db cannot be opened</exception>
    public static CustomerVault Open(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "vault.db");
        var key = VaultKey.OpenOrCreate(Path.Combine(folder, "vault.key"), mayCreate: !File.Exists(path));
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 10 }.ToString());
        try
        {
            connection.Open();
            var vault = new CustomerVault(key, connection);
            // No WAL: what is erased must not wait in a second file for a checkpoint.
            vault.Run("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
            vault.Run("CREATE TABLE IF NOT EXISTS customer (place BLOB PRIMARY KEY, key BLOB NOT NULL, data BLOB NOT NULL) WITHOUT ROWID;");
            vault.Run("CREATE TABLE IF NOT EXISTS erased (place BLOB PRIMARY KEY) WITHOUT ROWID;");
            return vault;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A reference for a customer of whom the sender gave none: the same for the same text, and no way back without vault.key.</summary>
    public string ReferenceOf(string kind, string text) => "pd-" + Convert.ToHexStringLower(_key.Digest($"{kind}\n{text}").AsSpan(0, 16));

    /// <summary>Keeps what was said of customers, all or nothing; a field that was not said stays as it is.</summary>
    /// <param name="again">the event was told before: then it fills what is missing, and brings nobody back who was erased</param>
    public void Keep(IEnumerable<(string Customer, PersonalData Data, bool Again)> told)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            foreach (var (customer, data, again) in told)
            {
                var place = Place(customer);
                if (again && (Read(place) is not null || Exists("SELECT 1 FROM erased WHERE place = $1", place))) continue;
                var known = Read(place);
                var key = RandomNumberGenerator.GetBytes(VaultKey.Length);
                var whole = new PersonalData(data.Name ?? known?.Name, data.Phone ?? known?.Phone, data.Email ?? known?.Email);
                Run("INSERT OR REPLACE INTO customer VALUES ($1, $2, $3)", place, _key.Wrap(key), VaultKey.Seal(key, Write(whole)));
            }
            transaction.Commit();
        }
    }

    public PersonalData? Find(string customer)
    {
        lock (_gate) return Read(Place(customer));
    }

    /// <returns>false where nothing was kept of this customer</returns>
    public bool Erase(string customer)
    {
        lock (_gate)
        {
            var place = Place(customer);
            using var transaction = _connection.BeginTransaction();
            var known = Run("DELETE FROM customer WHERE place = $1", place) > 0;
            Run("INSERT OR IGNORE INTO erased VALUES ($1)", place);
            transaction.Commit();
            return known;
        }
    }

    public void Dispose() => _connection.Dispose();

    private byte[] Place(string customer) => _key.Digest($"customer\n{customer}");

    private PersonalData? Read(byte[] place)
    {
        using var command = Prepare("SELECT key, data FROM customer WHERE place = $1", place);
        using var row = command.ExecuteReader();
        return row.Read() ? Parse(VaultKey.Unseal(_key.Unwrap((byte[])row[0]), (byte[])row[1])) : null;
    }

    private bool Exists(string sql, byte[] place)
    {
        using var command = Prepare(sql, place);
        return command.ExecuteScalar() is not null;
    }

    private int Run(string sql, params byte[][] values)
    {
        using var command = Prepare(sql, values);
        return command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, params byte[][] values)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"${i + 1}", values[i]);
        return command;
    }

    private static byte[] Write(PersonalData data)
    {
        using var bytes = new MemoryStream();
        using var w = new BinaryWriter(bytes, Encoding.UTF8);
        foreach (var text in new[] { data.Name, data.Phone, data.Email }) { w.Write(text is not null); w.Write(text ?? ""); }
        return bytes.ToArray();
    }

    private static PersonalData Parse(byte[] bytes)
    {
        using var r = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        string? Text()
        {
            var said = r.ReadBoolean();
            var text = r.ReadString();
            return said ? text : null;
        }
        return new(Text(), Text(), Text());
    }
}
