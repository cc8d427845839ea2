       01  NAGLOWEK-REC.
           05  REC-TYPE                PIC X(01).
           05  DATA-WYCIAGU            PIC 9(08).
       01  ABONENT-REC.
           05  REC-TYPE                PIC X(01).
           05  NR                      PIC 9(04).
           05  RODZAJ                  PIC X(01).
           05  DANE-OSOBY.
               10  NAZWISKO            PIC X(09).
               10  LATA                PIC S9(02).
           05  DANE-FIRMY REDEFINES DANE-OSOBY.
               10  NAZWA-FIRMY         PIC X(11).
           05  SALDO                   PIC S9(3)V99 COMP-3.
           05  LICZNIK                 PIC S9(8) COMP.
           05  ILE                     PIC 9(01).
           05  USLUGA OCCURS 0 TO 3 TIMES DEPENDING ON ILE.
               10  OPLATA              PIC S9(1)V99 COMP-3.
       01  STOPKA-REC.
           05  REC-TYPE                PIC X(01).
           05  LICZBA-REK              PIC 9(04).
           05  SUMA-SALD               PIC S9(7)V99 COMP-3.
       01  LICZBY-REC.
           05  NAZWA                   PIC X(08).
           05  KWOTA                   PIC S9(5)V99 COMP-3.
           05  SZTUK                   PIC S9(4) COMP.
           05  DUZO                    PIC 9(25) COMP-3.
           05  STREFA                  PIC S9(3) SIGN LEADING SEPARATE.
           05  EDYTOWANE               PIC Z(3).99-.
           05  ZMIENNA                 COMP-1.
           05  PODWOJNA                COMP-2.
           05  TABELA OCCURS 2 TIMES.
               10  KOD                 PIC 9(02) OCCURS 2 TIMES.
       01  LINIA-REC.
           05  NAZWA                   PIC X(09).
           05  NR                      PIC 9(04).
           05  SALDO                   PIC S9(3)V99.
       01  SEGMENT-REC.
           05  SEGMENT                 PIC X(01).
           05  NR                      PIC 9(04).
           05  FIRMA.
               10  NAZWA               PIC X(09).
           05  KONTAKT REDEFINES FIRMA.
               10  OSOBA               PIC X(08).
               10  TELEFON             PIC 9(09) COMP-3.
           05  UWAGI REDEFINES FIRMA.
               10  ILE                 PIC 9(01).
               10  UWAGA               PIC X(03)
                   OCCURS 0 TO 3 TIMES DEPENDING ON ILE.
